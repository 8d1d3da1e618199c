// A file beyond data-most bytes never leaves the browser, and the widget for uploads says nothing: this does, in the element
// that data-told names.
function refuseLargeFile(event) {
  const place = event.target.closest && event.target.closest("[data-most]");
  if (!place) return;
  const [file] = (event.dataTransfer || event.target).files || [];
  const most = Number(place.dataset.most);
  if (!file || file.size <= most) return;
  const cause = `It has ${(file.size / 1e6).toFixed(1)} MB, more than ${most / 1e6}: drop fewer rows, or an NPZ file written by numpy.savez_compressed.`;
  const props = {title: "This file cannot be used", color: "red", p: "xs", children: cause};
  window.dash_clientside.set_props(place.dataset.told, {children: {namespace: "dash_mantine_components", type: "Alert", props}});
}

document.addEventListener("change", refuseLargeFile, true);
document.addEventListener("drop", refuseLargeFile, true);
