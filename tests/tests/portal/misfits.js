// What of this page leaves its place. A width may be off by rounding.
const found = [], root = document.documentElement, width = root.clientWidth, slack = 1;
const name = element => `${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 40)}"`;
if (root.scrollWidth > width) found.push(`scrolls sideways: ${root.scrollWidth} > ${width}`);

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text; (text = texts.nextNode());) {
  const parent = text.parentElement;
  if (!text.textContent.trim() || parent.closest("script,style,.skip,.sr") || !parent.checkVisibility()) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  const home = parent.closest(".btn,button,.tag,.card,.note,main,header,footer").getBoundingClientRect();
  for (const line of range.getClientRects()) {
    if (line.left < -slack || line.right > width + slack) found.push(`cut at the edge: ${name(parent)}`);
    else if (line.left < home.left - slack || line.right > home.right + slack || line.bottom > home.bottom + slack)
      found.push(`leaves its place: ${name(parent)}`);
  }
}
for (const element of document.body.querySelectorAll(":not(svg,svg *,.sr)")) {
  const { overflowX, overflowY } = getComputedStyle(element);
  const isCut = overflowX !== "visible" && element.scrollWidth > element.clientWidth + slack
    || overflowY !== "visible" && element.scrollHeight > element.clientHeight + slack;
  if (isCut && element.tagName !== "INPUT") found.push(`is cut: ${name(element)}`);
}
// WCAG 2.2 SC 2.5.8 (24), and on phones SC 2.5.5 (44), for every target and without their exceptions.
const least = width < 768 ? 44 : 24;
for (const target of document.querySelectorAll("a:not(.skip),button,summary,input:not([type=hidden])")) {
  if (!target.checkVisibility()) continue;
  const { width, height } = target.getBoundingClientRect();
  if (width < least || height < least) found.push(`too small to hit: ${name(target)} ${width}×${height}`);
}
// Secondary text, too, is read in the sun.
for (const element of document.body.querySelectorAll("p,a,li,dt,dd,th,td,small,button,label,summary")) {
  const size = parseFloat(getComputedStyle(element).fontSize);
  if (size < 15 && element.checkVisibility()) found.push(`small print: ${name(element)} ${size} px`);
}
return found;
