// Narrows the list of operations; the page is whole without it.
const input = document.getElementById("filter");
document.getElementById("filter-line").hidden = false;
input.addEventListener("input", () => {
  for (const section of document.querySelectorAll("section"))
    section.hidden = !section.querySelector("h2").textContent.includes(input.value);
});
