// A field in which the beginning of a name is typed and one of the names that fit is chosen.
// Markup: the macro `picker`. What is chosen is in its hidden field, which tells of it by a "change" event.
import { ask } from "./app.js"

const LATER = 120 // milliseconds of quiet after a key before names are fetched
let open = null // the picker whose names are shown
let timer
let asked = 0

const parts = (picker) => ({
  field: picker.querySelector("[role=combobox]"),
  value: picker.querySelector("input[type=hidden]"),
  list: picker.querySelector("[role=listbox]"),
})
const pickerOf = (target) => target.closest?.(".picker")
const isField = (target) => target.matches?.(".picker [role=combobox]")

async function show(picker, text) {
  const { field } = parts(picker)
  const mine = ++asked
  let names
  try {
    names = await ask("GET", `${picker.dataset.names}?q=${encodeURIComponent(text)}`)
  } catch {
    return // the next key asks again
  }
  if (mine !== asked || document.activeElement !== field) return
  fill(picker, names, text.trim())
}

function fill(picker, names, text) {
  const { field, list } = parts(picker)
  const options = names.map((one) => option(list, one.value, one.text, one.detail))
  if (picker.dataset.new && text && !names.some((one) => one.text.toLowerCase() === text.toLowerCase())) {
    options.push(option(list, `new:${text}`, text, picker.dataset.new))
  }
  if (picker.dataset.none && !text) options.unshift(option(list, "none", picker.dataset.none, null, ""))
  options.forEach((one, number) => (one.id = `${list.id}-${number}`))
  if (!options.length) options.push(nothing(list))
  list.replaceChildren(...options)
  list.hidden = false
  list.classList.toggle("upwards", field.getBoundingClientRect().bottom > innerHeight * 0.65)
  field.setAttribute("aria-expanded", "true")
  open = picker
  mark(picker, text ? list.querySelector("[role=option]") : null)
}

function option(list, value, text, detail, shown = text) {
  const item = document.createElement("li")
  item.role = "option"
  item.ariaSelected = "false"
  Object.assign(item.dataset, { value, shown })
  const name = document.createElement("bdi")
  name.textContent = text
  item.append(name)
  if (detail) {
    const more = document.createElement("span")
    more.className = "quiet small"
    more.textContent = detail
    item.append(more)
  }
  return item
}

function nothing() {
  const item = document.createElement("li")
  item.className = "quiet"
  item.textContent = "No such name"
  return item
}

function mark(picker, item) {
  const { field, list } = parts(picker)
  for (const other of list.querySelectorAll("[role=option]")) other.ariaSelected = String(other === item)
  if (item) {
    field.setAttribute("aria-activedescendant", item.id)
    item.scrollIntoView({ block: "nearest" })
  } else field.removeAttribute("aria-activedescendant")
}

function shut(picker) {
  const { field, list } = parts(picker)
  clearTimeout(timer)
  asked++
  list.hidden = true
  list.replaceChildren()
  field.setAttribute("aria-expanded", "false")
  field.removeAttribute("aria-activedescendant")
  if (open === picker) open = null
}

function choose(picker, item) {
  const { field, value } = parts(picker)
  field.value = field.dataset.shown = item.dataset.shown
  value.value = item.dataset.value
  shut(picker)
  value.dispatchEvent(new Event("change", { bubbles: true }))
}

function step(picker, by) {
  const items = [...parts(picker).list.querySelectorAll("[role=option]")]
  if (!items.length) return
  const now = items.findIndex((item) => item.ariaSelected === "true")
  const next = now < 0 ? (by > 0 ? 0 : items.length - 1) : (now + by + items.length) % items.length
  mark(picker, items[next])
}

document.addEventListener("input", (event) => {
  if (!isField(event.target)) return
  event.stopPropagation()
  const picker = pickerOf(event.target)
  clearTimeout(timer)
  timer = setTimeout(() => show(picker, event.target.value), LATER)
}, true)

document.addEventListener("focusin", ({ target }) => {
  if (!isField(target)) return
  target.select()
  show(pickerOf(target), "")
})

document.addEventListener("focusout", ({ target }) => {
  if (!isField(target)) return
  target.value = target.dataset.shown // typed, but not chosen
  shut(pickerOf(target))
})

document.addEventListener("keydown", (event) => {
  if (!isField(event.target)) return
  const picker = pickerOf(event.target)
  const marked = parts(picker).list.querySelector("[aria-selected=true]")
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (open === picker) step(picker, event.key === "ArrowDown" ? 1 : -1)
    else show(picker, event.target.value === event.target.dataset.shown ? "" : event.target.value)
  } else if (event.key === "Enter") {
    if (open === picker && marked) choose(picker, marked)
  } else if (event.key === "Escape" && open === picker) {
    event.target.value = event.target.dataset.shown
    shut(picker)
  } else return
  event.preventDefault()
  event.stopPropagation()
}, true)

// Before the field loses the focus; a touch that scrolls the list is no choice, so `click` chooses.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest?.(".picker [role=listbox]")) event.preventDefault()
})
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.(".picker [role=listbox]")) event.preventDefault()
})
document.addEventListener("click", (event) => {
  const item = event.target.closest?.(".picker [role=option]")
  if (item) choose(pickerOf(item), item)
  else if (isField(event.target) && open !== pickerOf(event.target)) show(pickerOf(event.target), "")
})

// What is typed into the field is no change of the form: only what is chosen is.
document.addEventListener("change", (event) => {
  if (isField(event.target)) event.stopPropagation()
}, true)

/** Makes fields empty that only add to what is there. */
export function emptyAdders(within) {
  for (const one of within.querySelectorAll("[data-adds]")) {
    if (!one.matches(".picker")) one.value = ""
    else {
      const { field, value } = parts(one)
      field.value = field.dataset.shown = value.value = ""
    }
  }
}
