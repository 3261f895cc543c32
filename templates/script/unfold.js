// What a link leads to may be folded away; not every browser unfolds it.

function unfold(part) {
  for (let folded = part?.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
}

for (const link of document.querySelectorAll(".why a")) {
  link.addEventListener("click", () => unfold(document.getElementById(decodeURIComponent(link.hash.slice(1)))));
}
