"""The papers and books that the pages rest on."""

from nnlib.papers import PAPERS as RERUN
from nnlib.papers import Work as Work

BOOKS = (
    Work(
        "Goodfellow, I., Bengio, Y., Courville, A.",
        2016,
        "Deep Learning",
        "MIT Press; chapters 6 to 8 are on what this dashboard shows",
        "https://www.deeplearningbook.org",
    ),
    Work(
        "Nielsen, M. A.",
        2015,
        "Neural Networks and Deep Learning",
        "Determination Press; the gentlest way into back-propagation",
        "http://neuralnetworksanddeeplearning.com",
    ),
)
_OTHERS = (
    Work(
        "Rumelhart, D. E., Hinton, G. E., Williams, R. J.",
        1986,
        "Learning representations by back-propagating errors",
        "Nature 323, 533–536",
        "https://doi.org/10.1038/323533a0",
    ),
    Work(
        "Kingma, D. P., Ba, J.",
        2015,
        "Adam: a method for stochastic optimization",
        "ICLR",
        "https://arxiv.org/abs/1412.6980",
    ),
    Work(
        "Goodfellow, I.",
        2015,
        "Efficient per-example gradient computations",
        "Technical report",
        "https://arxiv.org/abs/1510.01799",
    ),
    Work(
        "Bollapragada, R., Byrd, R., Nocedal, J.",
        2018,
        "Adaptive sampling strategies for stochastic optimization",
        "SIAM Journal on Optimization 28(4), 3312–3343",
        "https://arxiv.org/abs/1710.11258",
    ),
    Work(
        "Byrd, R. H., Chin, G. M., Nocedal, J., Wu, Y.",
        2012,
        "Sample size selection in optimization methods for machine learning",
        "Mathematical Programming 134, 127–155",
        "https://doi.org/10.1007/s10107-012-0572-5",
    ),
    Work(
        "Pearlmutter, B. A.",
        1994,
        "Fast exact multiplication by the Hessian",
        "Neural Computation 6(1), 147–160",
        "https://doi.org/10.1162/neco.1994.6.1.147",
    ),
    Work(
        "Lewkowycz, A., Bahri, Y., Dyer, E., Sohl-Dickstein, J., Gur-Ari, G.",
        2020,
        "The large learning rate phase of deep learning: the catapult mechanism",
        "arXiv",
        "https://arxiv.org/abs/2003.02218",
    ),
    Work(
        "Jastrzębski, S., Szymczak, M., Fort, S., Arpit, D., Tabor, J., Cho, K., Geras, K.",
        2020,
        "The break-even point on optimization trajectories of deep neural networks",
        "ICLR",
        "https://arxiv.org/abs/2002.09572",
    ),
    Work(
        "Cohen, J. M., Ghorbani, B., Krishnan, S., Agarwal, N., Medapati, S., Badura, M., Suo, D., "
        "Cardoze, D., Nado, Z., Dahl, G. E., Gilmer, J.",
        2022,
        "Adaptive gradient methods at the edge of stability",
        "arXiv",
        "https://arxiv.org/abs/2207.14484",
    ),
    Work(
        "Kaplan, J., McCandlish, S., Henighan, T., Brown, T. B., Chess, B., Child, R., Gray, S., "
        "Radford, A., Wu, J., Amodei, D.",
        2020,
        "Scaling laws for neural language models",
        "arXiv",
        "https://arxiv.org/abs/2001.08361",
    ),
    Work(
        "Kursa, M. B., Rudnicki, W. R.",
        2010,
        "Feature selection with the Boruta package",
        "Journal of Statistical Software 36(11), 1–13",
        "https://doi.org/10.18637/jss.v036.i11",
    ),
    Work(
        "Bergstra, J., Bengio, Y.",
        2012,
        "Random search for hyper-parameter optimization",
        "Journal of Machine Learning Research 13, 281–305",
        "https://jmlr.org/papers/v13/bergstra12a.html",
    ),
    Work(
        "Akiba, T., Sano, S., Yanase, T., Ohta, T., Koyama, M.",
        2019,
        "Optuna: a next-generation hyperparameter optimization framework",
        "KDD",
        "https://arxiv.org/abs/1907.10902",
    ),
    Work(
        "Wilson, E. B.",
        1927,
        "Probable inference, the law of succession, and statistical inference",
        "Journal of the American Statistical Association 22(158), 209–212",
        "https://doi.org/10.1080/01621459.1927.10502953",
    ),
    Work(
        "Li, H., Xu, Z., Taylor, G., Studer, C., Goldstein, T.",
        2018,
        "Visualizing the loss landscape of neural nets",
        "NeurIPS",
        "https://arxiv.org/abs/1712.09913",
    ),
    Work(
        "Antognini, J. M., Sohl-Dickstein, J.",
        2018,
        "PCA of high dimensional random walks with comparison to neural network training",
        "NeurIPS",
        "https://arxiv.org/abs/1806.08805",
    ),
    Work(
        "Dinh, L., Pascanu, R., Bengio, S., Bengio, Y.",
        2017,
        "Sharp minima can generalize for deep nets",
        "ICML, PMLR 70, 1019–1028",
        "https://proceedings.mlr.press/v70/dinh17b.html",
    ),
    Work(
        "Frankle, J., Dziugaite, G. K., Roy, D. M., Carbin, M.",
        2020,
        "Linear mode connectivity and the lottery ticket hypothesis",
        "ICML, PMLR 119, 3259–3269",
        "https://proceedings.mlr.press/v119/frankle20a.html",
    ),
    Work(
        "Entezari, R., Sedghi, H., Saukh, O., Neyshabur, B.",
        2022,
        "The role of permutation invariance in linear mode connectivity of neural networks",
        "ICLR",
        "https://arxiv.org/abs/2110.06296",
    ),
    Work(
        "Hanin, B., Nica, M.",
        2020,
        "Products of many large random matrices and gradients in deep neural networks",
        "Communications in Mathematical Physics 376, 287–322",
        "https://arxiv.org/abs/1812.05994",
    ),
    Work(
        "Roy, O., Vetterli, M.",
        2007,
        "The effective rank: a measure of effective dimensionality",
        "EUSIPCO, 606–610",
        "https://ieeexplore.ieee.org/document/7098875",
    ),
)
PAPERS = tuple(
    sorted((*(paper.work for paper in RERUN.values()), *_OTHERS), key=lambda work: work.year)
)
