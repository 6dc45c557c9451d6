// Takes the gaps of flex containers away, as Safari before iOS 14.5 does, and marks what had one between its lines, or along them.
for (const element of document.querySelectorAll("body *")) {
  const { display, rowGap, columnGap } = getComputedStyle(element);
  if (!display.includes("flex") || element.dataset.gap) continue;
  if (parseFloat(rowGap) > 0 || parseFloat(columnGap) > 0) {
    element.dataset.gap = parseFloat(rowGap) > 0 ? "both" : "column";
    element.style.gap = "0";
  }
}
