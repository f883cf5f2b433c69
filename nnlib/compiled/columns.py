"""The columns of a plan, and the codes in them: what the kernels and Python both read."""

KIND, WIDTH_IN, WIDTH_OUT, FROM, TO, WEIGHT, BIAS, STATE, KEPT, SAVED, FLIPPED, CODE = range(12)
"""Of each layer: its kind and widths; the rows of `work` it reads and writes; where its weight (or
scale) and bias (or shift, or -1) lie among the parameters, and its running statistics in the state;
the rows of what it keeps for the way back, of the gradient that goes along a skip connection, and
of its signal with examples as rows; the code of its activation."""
COLUMNS = 12

DENSE, ACTIVATION, BATCH_NORM, DROPOUT, SCALE, SKIP_START, SKIP_END = range(7)

RATE, L1, L2, CLIP_VALUE, CLIP_NORM, MAX_NORM, DROPOUT_RATE = range(7)
"""The columns of what each replica has of its own."""
STRENGTHS = 7

SIGNAL_NORM, GRADIENT_NORM, WEIGHT_NORM, CHANGE_NORM = range(4)
PER_LAYER = 4
MEAN, DEVIATION, DEAD, SATURATED = range(4)
PER_HIDDEN = 4
"""A record is the loss, then these blocks of one number a layer, then these a hidden layer."""
