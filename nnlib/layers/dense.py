"""The affine layer and the activation behind it."""

from nnlib._array import Array, Workspace, ones_row
from nnlib.activations import Activation
from nnlib.layers.layer import Binding, Layer, Shapes


class Dense(Layer):
    """Affine map z = x·W + b.

    Attributes after a pass
    -----------------------
    z : the pre-activation, shape (…, B, fan_out)
    signal : dL/dz, the back-propagated signal, shape (…, B, fan_out)
    """

    kind = "dense"

    def __init__(self, fan_in: int, fan_out: int, bias: bool = True) -> None:
        super().__init__()
        self.fan_in, self.fan_out, self.has_bias = fan_in, fan_out, bias
        self.weight_slice = slice(0, 0)  # where the weight lies in the flat buffers
        self.input_gradient_needed = True

    def parameter_shapes(self) -> Shapes:
        shapes: Shapes = {"weight": (self.fan_in, self.fan_out)}
        return shapes | ({"bias": (1, self.fan_out)} if self.has_bias else {})

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self.weight, self.weight_gradient = to.parameters["weight"], to.gradients["weight"]
        if self.has_bias:
            self.bias, self.bias_gradient = to.parameters["bias"], to.gradients["bias"]
        self._weight_transposed = self.weight.swapaxes(-1, -2)
        self._input_gradient = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self.x = x
        out = self._output.array((*self.lead, x.shape[-2], self.fan_out))
        self.z = self._product(x, self.weight, out)
        if self.has_bias:
            self.z += self.bias
        return self.z

    def backward(self, gradient: Array) -> Array:
        self.signal = gradient
        self._product(self.x.swapaxes(-1, -2), gradient, self.weight_gradient)
        if self.has_bias:
            ones = ones_row(gradient.shape[-2], gradient.dtype)
            self._product(ones, gradient, self.bias_gradient)
        if not self.input_gradient_needed:
            return gradient
        out = self._input_gradient.array((*self.lead, gradient.shape[-2], self.fan_in))
        return self._product(gradient, self._weight_transposed, out)


class ActivationLayer(Layer):
    """Elementwise activation a = f(z); keeps `z` and `a` of the last pass."""

    kind = "activation"

    def __init__(self, function: Activation) -> None:
        super().__init__()
        self.function = function

    def bind(self, to: Binding) -> None:
        super().bind(to)
        self._derivative = Workspace(to.dtype)

    def forward(self, x: Array, training: bool) -> Array:
        self.z = x
        self.a = self.function.value(x, out=self._output.array(x.shape))
        return self.a

    def backward(self, gradient: Array) -> Array:
        return self.function.backward(gradient, self.z, self._derivative.array(self.z.shape))

    def derivative(self) -> Array:
        """Return f'(z) of the last pass, shape (…, B, D); holds until the next call."""
        return self.function.derivative(self.z, out=self._derivative.array(self.z.shape))
