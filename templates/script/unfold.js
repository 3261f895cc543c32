// A clause may lead to a figure that is folded away; not every browser unfolds it.

for (const link of document.querySelectorAll(".why a")) {
  link.addEventListener("click", () => {
    let folded = document.getElementById(decodeURIComponent(link.hash.slice(1)))?.closest("details");
    for (; folded; folded = folded.parentElement.closest("details")) folded.open = true;
  });
}
