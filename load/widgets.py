"""What a front end says of its widgets: where a slider is, which button was pressed, which file."""

import json

from streamlit.proto.Button_pb2 import Button
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState


def key_of(widget: str) -> str:
    """Return the key that a widget's identifier ends with."""
    return widget.rsplit("-", 1)[-1]


def moved(slider: Slider, position: float) -> WidgetState:
    """Return a slider's state at a share of its range."""
    steps = round((slider.max - slider.min) / slider.step)
    value = slider.min + slider.step * round(position * steps)
    state = WidgetState(id=slider.id)
    if slider.options:
        state.string_array_value.data.append(slider.options[round(value)])
    else:
        state.double_array_value.data.append(value)
    return state


def pressed(button: Button) -> WidgetState:
    """Return the state of a button in the run that it starts."""
    return WidgetState(id=button.id, trigger_value=True)


def uploaded(widget: str, file: FileURLs, name: str, size: int) -> WidgetState:
    """Return the state of an upload widget that has taken a file."""
    state = WidgetState(id=widget)
    info = state.file_uploader_state_value.uploaded_file_info.add()
    info.name, info.size, info.file_id = name, size, file.file_id
    info.file_urls.CopyFrom(file)
    return state


def due(tick: str, frame: str) -> WidgetState:
    """Return what the component that asks for redraws says when the next one is due.

    Every chart is in view.
    """
    state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{tick}__events")
    state.json_trigger_value = json.dumps(
        [{"event": "due", "value": {"frame": frame, "unseen": []}}]
    )
    return state
