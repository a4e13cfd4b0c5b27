// The pages of categories, merchants and tags: forms come into one dialog, rows are chosen to be merged.
import "./picker.js"

const $ = (id) => document.getElementById(id)
const FIRST = ["[aria-invalid]", "[autofocus]", "select", "button"] // what gets the focus when a form is there anew
const number = new Intl.NumberFormat(document.documentElement.lang)

// --------------------------------------------------------------------------------------------------- the dialog

let opener = null

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const sheet = $("sheet")
  if (detail.ctx.target !== sheet) return showChosen()
  if (!sheet.open) {
    opener = document.activeElement
    sheet.showModal()
  } else FIRST.map((one) => sheet.querySelector(one)).find(Boolean)?.focus()
})

document.addEventListener("htmx:finally:request", ({ detail }) => {
  const { sourceElement, request, response } = detail.ctx
  if (request?.method?.toUpperCase() !== "GET" && response?.status === 200 && sourceElement?.closest("#sheet")) $("sheet").close()
})

$("sheet").addEventListener("close", () => {
  $("sheet").replaceChildren()
  if (opener?.isConnected) opener.focus()
})

// Who types the name of another merchant means that one.
document.addEventListener("change", ({ target }) => {
  const other = target.closest?.(".stays .another") && target.form.querySelector("[name=into][value=other]")
  if (other) other.checked = true
})

// An edit that led to this page is told once.
const said = $("said")
if (said) {
  const address = new URL(location)
  address.searchParams.delete("said")
  history.replaceState(history.state, "", address)
  document.dispatchEvent(new CustomEvent("told", { detail: { text: said.dataset.text, undo: said.dataset.undo } }))
}

// ------------------------------------------------------------------------------------------------ what is chosen

const ticks = () => [...document.querySelectorAll("#found input[name=row]")]

function showChosen() {
  const chosen = ticks().filter((tick) => tick.checked).length
  const bar = $("chosen")
  if (!bar) return
  bar.hidden = !chosen
  bar.querySelector("[data-count]").textContent = number.format(chosen)
  $("tick-all").checked = chosen > 0 && chosen === ticks().length
  $("tick-all").indeterminate = chosen > 0 && chosen < ticks().length
}

document.addEventListener("change", ({ target }) => {
  if (target.id === "tick-all") for (const tick of ticks()) tick.checked = target.checked
  else if (!target.matches("#found input[name=row]")) return
  showChosen()
})

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("#chosen [data-untick]")) return
  for (const tick of ticks()) tick.checked = false
  showChosen()
})
