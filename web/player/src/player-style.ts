// The element's own style; a constructed sheet, so that a strict CSP has nothing to forbid.

const TEXT = `
:host {
  display: block;
  position: relative;
  aspect-ratio: var(--p2c2r-aspect-ratio, 16 / 9);
  min-height: 1px;
  overflow: hidden;
  background: var(--p2c2r-background, #101014);
  color: #fff;
  font: 13px/1.4 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
canvas {
  display: block;
  width: 100%;
  height: 100%;
  object-fit: contain;
}
:host([camera-controls]) canvas { cursor: grab; touch-action: none; }
:host([camera-controls]) canvas:active { cursor: grabbing; }
canvas:focus-visible { outline: 2px solid var(--p2c2r-accent, #7cc4ff); outline-offset: -2px; }
img {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  object-fit: cover;
  pointer-events: none;
}
progress {
  position: absolute;
  inset: auto 0 0;
  width: 100%;
  height: 3px;
  border: 0;
  appearance: none;
  background: transparent;
  transition: opacity 0.3s;
}
progress::-webkit-progress-bar { background: transparent; }
progress::-webkit-progress-value { background: var(--p2c2r-accent, #7cc4ff); }
progress::-moz-progress-bar { background: var(--p2c2r-accent, #7cc4ff); }
[part="message"] {
  position: absolute;
  inset: 0;
  display: grid;
  place-content: center;
  padding: 1.5rem;
  margin: 0;
  text-align: center;
  background: rgb(16 16 20 / 85%);
}
[hidden] { display: none; }
@media (prefers-reduced-motion: reduce) { progress { transition: none; } }
`;

let sheet: CSSStyleSheet | null = null;

/** The one sheet that all players share. */
export function playerStyle(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(TEXT);
  }
  return sheet;
}
