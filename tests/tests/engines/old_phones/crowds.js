// What of this page stands on, or against, something else. Distances in pixels.
const found = [], slack = 2, least = 3;
const name = node => `${node.nodeName}.${node.className ?? ""} "${node.textContent.trim().slice(0, 40)}"`;
const rect = node => {
  if (node.nodeType === Node.ELEMENT_NODE) return node.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect();
};

// Each line of text, without the room above and below its letters.
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), lines = [];
for (let text; (text = texts.nextNode());) {
  const parent = text.parentElement;
  if (!text.textContent.trim() || parent.closest("script,style,.skip,.sr,svg") || !parent.checkVisibility()) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  for (const { left, right, top, height } of range.getClientRects())
    lines.push({ text, left, right, top: top + height / 4, bottom: top + height * 3 / 4 });
}
lines.forEach((a, n) => {
  for (const b of lines.slice(n + 1))
    if (a.text !== b.text && Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack) found.push(`stands on: ${name(b.text)} ${name(a.text)}`);
});

// What had a gap (see no_flex_gap.js) has some distance still; that on the next line only where lines had one.
for (const container of document.querySelectorAll("[data-gap]")) {
  const isSeen = node => node.nodeType === Node.TEXT_NODE ? node.textContent.trim()
    : node.nodeType === Node.ELEMENT_NODE && node.checkVisibility() && getComputedStyle(node).position !== "absolute" && rect(node).width;
  const items = [...container.childNodes].filter(isSeen).sort((a, b) => rect(a).top - rect(b).top || rect(a).left - rect(b).left);
  items.slice(1).forEach((item, n) => {
    const [a, b] = [rect(items[n]), rect(item)];
    const isNextLine = b.top >= a.bottom - 1;
    if (isNextLine && container.dataset.gap === "column") return;
    if (Math.max(b.left - a.right, a.left - b.right, b.top - a.bottom) < least) found.push(`stands against: ${name(items[n])} ${name(item)}`);
  });
}
return found;
