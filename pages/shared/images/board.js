// A drawing board. After each stroke it sends its ink, SIDE x SIDE bytes of gray, as hexadecimal
// digits. It keeps its drawing in the browser; the page never sends one back.

const SIDE = 84; // as in image_board.py
const SIZE = 280; // pixels of the canvas on screen
const PEN = 22;

function inkOf(canvas) {
  const small = document.createElement("canvas");
  small.width = small.height = SIDE;
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, SIDE, SIDE);
  const pixels = context.getImageData(0, 0, SIDE, SIDE).data;
  let text = "";
  for (let i = 0; i < pixels.length; i += 4) text += pixels[i].toString(16).padStart(2, "0");
  return text;
}

function wipe(canvas) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#000000";
  context.fillRect(0, 0, SIZE, SIZE);
}

export default function ({ parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  const clear = parentElement.querySelector("button");
  if (!canvas.width || canvas.dataset.ready !== "yes") {
    canvas.width = canvas.height = SIZE;
    canvas.dataset.ready = "yes";
    wipe(canvas);
  }
  let last = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIZE) / box.width, ((event.clientY - box.top) * SIZE) / box.height];
  };
  const line = (to) => {
    const context = canvas.getContext("2d");
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: PEN, strokeStyle: "#ffffff" });
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...to);
    context.stroke();
    last = to;
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(last);
  };
  canvas.onpointermove = (event) => {
    if (last) line(at(event));
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!last) return;
    last = null;
    setStateValue("ink", inkOf(canvas));
  };
  clear.onclick = () => {
    wipe(canvas);
    setStateValue("ink", "");
  };
}
