"""Curvature: how sharp the loss gets while a network trains, and the limit that the rate sets."""

from pages.shared.curvature.controls import choose_settings
from pages.shared.curvature.presets import PRESETS
from pages.shared.curvature.view import show_live
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

WHAT = r"""
The **sharpness** is the largest eigenvalue $\lambda_1$ of the Hessian $H$, the second derivatives
of the training loss: how curved the loss is in its most curved direction. On a quadratic,
gradient descent with the rate $\eta$ multiplies the distance along a direction of curvature
$\lambda$ by $1 - \eta\lambda$, so above $\lambda = 2/\eta$ its steps grow.

Networks are no quadratics, and yet that limit governs them. With full batches the sharpness tends
to rise (**progressive sharpening**) until it reaches $2/\eta$, and then hovers there, at the
**edge of stability**, while the loss falls over many steps though not in each (Cohen et al. 2021,
"Gradient descent on neural networks typically occurs at the edge of stability"). Other rules have
limits of their own, worked out here for the updates as `nnlib` makes them: momentum $(2 +
2\beta)/\eta$, Nesterov's $(2 + 2\beta)/((1 + 2\beta)\,\eta)$. A rule that divides the gradient by
a vector $P$, such as Adam with $P = (1 - \beta_1^t)(\sqrt{\hat v} + \epsilon)$, meets the
**preconditioned sharpness** $\lambda_1(P^{-1}H)$; its limit is $2/\eta$ for RMSprop and $(2 +
2\beta_1)/((1 - \beta_1)\,\eta)$ for Adam, which is $38/\eta$ at $\beta_1 = 0.9$ (Cohen et al.
2022, "Adaptive gradient methods at the edge of stability").

**α** says where a single step comes down. A parabola is fitted to the loss and its slope at both
ends of the step, on the minibatch that the step goes by, each weighted by how it scatters over the
examples; on it $-1$ is the start, $0$ the minimum and $1$ the other side at the height of the start
(Schneider, Dangel & Hennig 2021, "Cockpit: a practical debugging tool for the training of deep
neural networks"). Cockpit takes the end's numbers from the next minibatch; here both ends are of
one loss. On a quadratic, gradient descent with full batches has $\alpha = \eta\kappa - 1$ with
$\kappa$ the curvature along the gradient, which is at most $\lambda_1$.

**Takeuchi's criterion**, $\operatorname{tr}(C H^{-1})$ with $C$ the mean of $g g^\top$ over the
examples' gradients $g$, tells how far a fit carries over: at a minimum, and for many examples, the
loss of new ones is expected to exceed that of the $N$ it was fitted to by
$\operatorname{tr}(C H^{-1})/N$ (Takeuchi 1976; Thomas et al. 2020, "On the interplay between noise
and curvature and its effect on optimization and generalization"). What is drawn are the two
approximations of Cockpit, $\operatorname{tr} C / \operatorname{tr} G$ and $\sum_j C_{jj}/G_{jj}$,
with the exact diagonal of the Gauss-Newton part $G$ in the place of $H$.

The Hessian is never made. Its products with vectors are exact (Pearlmutter 1994), its largest
eigenvalues come from a few of them (Lanczos 1950), its trace from eight random ones (Hutchinson
1990). The Gauss-Newton part leaves out the curvature of the network itself (Schraudolph 2002).
"""
LOOK_FOR = r"""
- **Two phases.** Below its limit the sharpness rises; at the limit it stops, and the loss begins
  to jitter. With SGD and full batches, here, the mean over the last tenth of 6,000 steps was
  within 3 % of the limit at each of the rates 0.1, 0.2 and 0.3 (*Edge of stability*, from three
  seeds).
- **Not everywhere.** At 0.05 the same run does not get there in 6,000 steps. A run that has come
  to rest in a minimum stays at the sharpness that it has there. Adam ends at 0.98 of its limit in
  *Adam at its own edge*; the limit takes $P$ as fixed, which it is not.
- **The rate sets it.** Change the learning rate while the run plays: a smaller one lets the
  sharpness rise to the new, higher limit; a larger one brings it down, mostly within some steps.
- **A sharpness above the limit need not end a run.** In *Catapult* it begins at 1.6 of the limit:
  in two steps the loss grows 2.7-fold, and by the fourth the sharpness is half of the limit and
  the loss below where it began. Lewkowycz et al. (2020, "The large learning rate phase of deep
  learning: the catapult mechanism") describe this. Too far above the limit a run diverges, this
  one at 0.4.
- **Minibatches.** The sharpness of the loss of all examples, which is what is drawn, stays below
  $2/\eta$ then, the more so the smaller the batches (Jastrzębski et al. 2020, "The break-even
  point on optimization trajectories of deep neural networks"; Cohen et al. 2021). In *Edge of
  stability* at 0.1 it settled at 1.00 of the limit, and with batches of 16, 8 and 4 of the 80
  examples at 0.85, 0.71 and 0.55 (40,000 steps and more).
- **Cross-entropy.** On classes the sharpness falls again late in training (Cohen et al. 2021):
  where an example is recognized with near certainty, its loss has little curvature left.
- **The spectrum.** More than one eigenvalue can come to the limit: over the last tenth at 0.3 the
  first three were at 1.01, 1.00 and 0.99 of it, at 0.1 at 1.00, 0.96 and 0.71.
- **α, step by step.** In *Edge of stability* it is $-1$ while the sharpness rises: along a step the
  loss falls as on a slope without a floor. At the limit it goes to 1: each step crosses the valley
  and comes down as high as it began. From three seeds and at the rates 0.1, 0.2 and 0.3 its mean
  over the last tenth was 1.00. In *Catapult* the first two steps have 1.2 and 1.3, and the loss
  grows. With batches of 16, 8 and 4 its median over the second half of 40,000 steps and more was
  0.4, 0.4 and 0.2.
- **Takeuchi's criterion.** The traces are for comparing; they are no amount. Where the loss is the
  negative log-likelihood of a right model, $C = H$ at the minimum: $\operatorname{tr}(C H^{-1})$ is
  the number of parameters then, as in Akaike's criterion, and so is the sum over the diagonals, but
  the quotient of the traces is 1. At the end of *Edge of stability*, from three seeds, the
  validation loss is 0.038, 0.037 and 0.033 above the training loss; the diagonals say 0.049, 0.069
  and 0.095, the traces 0.0001 to 0.0003. All of it holds at a minimum, so the first values of a run
  say little; and networks far from the kernel regime were found not to follow it (Naganuma et al.
  2026, "Takeuchi's information criteria as generalization measures for DNNs close to NTK regime").
- **What it does not say.** Sharpness alone does not tell how well a network generalizes: one with
  ReLU can be rescaled to be as sharp as one likes and give the same outputs (Dinh et al. 2017,
  "Sharp minima can generalize for deep nets").
"""
TRY_NEXT = (
    Next(
        "Choose the learning rate 0.2 and let it run; then, halfway, choose 0.1: the limit "
        "doubles, and the sharpness follows it.",
        {"learning_rate": 0.2},
    ),
    Next(
        "Take *momentum* with the learning rate 0.05: by how much is the limit larger than that of "
        "SGD?",
        {"optimizer": "momentum", "learning_rate": 0.05},
    ),
    Next(
        "On *Moons*, with the learning rate 0.5: when does the sharpness turn back?",
        {"data": "moons", "learning_rate": 0.5},
    ),
    Next(
        "Take *ReLU*, whose own second derivative is zero wherever it has one: is there an edge of "
        "stability still?",
        {"activation": "relu"},
    ),
    Next("Choose smaller and smaller batches: how far below the limit does the sharpness stay?"),
    Next("Measure *Each layer* and the *Trace*: which layer is the sharpest?"),
    Next(
        "Measure *Takeuchi's criterion* on *Moons*, with batches of 32 at the learning rate 0.5: "
        "do its curves and the measured gap go the same way?",
        {
            "data": "moons",
            "batch_size": 32,
            "learning_rate": 0.5,
            "measured": ["Takeuchi's criterion"],
        },
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Curvature",
        "🏔️",
        subtitle="How sharp the loss gets while a network trains, and how the learning rate sets "
        "the limit: the edge of stability.",
    )
    choose_preset(PRESETS)
    settings = choose_settings()
    if settings is not None:
        show_live(settings)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
