// The pages of filing by itself and of rules: what led to a page is told once.
import "./app.js"

const said = document.getElementById("said")
if (said) {
  const address = new URL(location)
  for (const name of ["said", "added"]) address.searchParams.delete(name)
  history.replaceState(history.state, "", address)
  document.dispatchEvent(new CustomEvent("told", { detail: { text: said.dataset.text, undo: said.dataset.undo } }))
}

// A list that is morphed keeps the state of boxes that were clicked, which may not be the rules' any more.
document.addEventListener("htmx:after:swap", () => {
  for (const box of document.querySelectorAll("#rules input[type=checkbox]")) box.checked = box.defaultChecked
})
