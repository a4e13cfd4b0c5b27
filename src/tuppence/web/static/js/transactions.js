// The list of transactions: what is chosen in it, what is open beside it, and how it keeps up with changes.
import { tell } from "./app.js"
import htmx from "../vendor/htmx.js"
import { emptyAdders } from "./picker.js"

const MOST_ANEW = 1000 // rows that the server gives at once
const SPARE = 20
const $ = (id) => document.getElementById(id)
const number = new Intl.NumberFormat(document.documentElement.lang)

// --------------------------------------------------------------------------------------------------- the search form

const search = $("search")
search.addEventListener("change", ({ target }) => {
  if (target.name === "period") search.elements.since.value = search.elements.until.value = ""
  if (target.name === "since" || target.name === "until") search.elements.period.value = ""
}, true)

document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (detail.ctx.sourceElement !== search && detail.ctx.request?.form !== search) return
  emptyAdders(search)
  showChosen()
})

// ------------------------------------------------------------------------------------------------- what is chosen

const ticks = () => [...document.querySelectorAll("#rows input[name=row]")]
const total = () => Number($("figures")?.querySelector("[data-total]")?.dataset.total ?? 0)

function showChosen() {
  const bulk = $("bulk")
  if (!bulk) return
  const all = ticks()
  const chosen = all.filter((tick) => tick.checked)
  const whole = bulk.elements.all.value === "yes"
  bulk.hidden = !chosen.length
  bulk.querySelector("[data-count]").textContent = whole ? `All ${number.format(total())}` : number.format(chosen.length)
  const everything = bulk.querySelector("[data-all]")
  everything.hidden = whole || chosen.length < all.length || total() <= all.length
  everything.textContent = `Choose all ${number.format(total())} of this search`
  const head = $("tick-all")
  head.checked = chosen.length > 0 && chosen.length === all.length
  head.indeterminate = chosen.length > 0 && chosen.length < all.length
}

let lastTick = null
document.addEventListener("click", (event) => {
  const tick = event.target.closest?.("#rows input[name=row]")
  if (!tick) return
  const all = ticks()
  if (event.shiftKey && lastTick?.isConnected) {
    const [from, to] = [all.indexOf(lastTick), all.indexOf(tick)].sort((a, b) => a - b)
    for (const between of all.slice(from, to + 1)) between.checked = tick.checked
  }
  lastTick = tick
})

document.addEventListener("change", ({ target }) => {
  if (target.id === "tick-all") for (const tick of ticks()) tick.checked = target.checked
  else if (!target.matches("#rows input[name=row]")) return
  $("bulk").elements.all.value = ""
  showChosen()
})

document.addEventListener("click", ({ target }) => {
  const bulk = target.closest?.("#bulk")
  if (target.closest?.("[data-all]")) bulk.elements.all.value = "yes"
  else if (bulk && target.closest("[data-untick]")) {
    bulk.elements.all.value = ""
    for (const tick of ticks()) tick.checked = false
  } else return
  showChosen()
})

document.addEventListener("htmx:finally:request", ({ detail }) => {
  const source = detail.ctx.sourceElement
  if (source?.matches?.("#bulk, #panel form")) emptyAdders(source)
})

// More rows came: those of a search that is chosen as a whole are chosen, too.
document.addEventListener("htmx:after:swap", () => {
  if ($("bulk")?.elements.all.value === "yes") for (const tick of ticks()) tick.checked = true
  showChosen()
})

// ---------------------------------------------------------------------------------------------- what is open beside

const openIn = (address) => new URL(address, location).searchParams.get("open")
const withoutOpen = (address) => {
  const url = new URL(address, location)
  url.searchParams.delete("open")
  return url.pathname + "?" + url.searchParams
}

function showOpened() {
  const opened = $("panel")?.querySelector("[data-id]")?.dataset.id
  for (const row of document.querySelectorAll("#rows tr[aria-current]")) row.removeAttribute("aria-current")
  if (opened) $(`t${opened}`)?.setAttribute("aria-current", "true")
}

function shutPanel() {
  const opened = $("panel").querySelector("[data-id]")?.dataset.id
  $("panel").replaceChildren()
  showOpened()
  $(`t${opened}`)?.querySelector("a.open").focus({ preventScroll: true })
}

document.addEventListener("click", (event) => {
  const shuts = event.target.closest?.("[data-shuts]")
  if (!shuts || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  shutPanel()
  if (!history.state?.htmx) history.replaceState({ htmx: true }, "", location.href)
  history.pushState({ htmx: true }, "", shuts.getAttribute("href"))
})

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return
  if (event.target.matches("#panel input, #panel textarea")) event.target.blur() // what was typed is kept
  else $("panel")?.querySelector("[data-shuts]")?.click()
})

document.addEventListener("htmx:after:swap", ({ detail }) => {
  showOpened()
  if (detail.ctx.sourceElement?.matches?.("a")) $("panel")?.querySelector("#panel-title")?.focus({ preventScroll: true })
})

// Back and forward between rows that are open do not fetch the list anew.
let shown = location.href
document.addEventListener("htmx:after:history:update", () => (shown = location.href))
document.addEventListener("htmx:before:history:restore", (event) => {
  const before = shown
  shown = location.href
  if (withoutOpen(before) !== withoutOpen(shown) || !$("panel")) return
  event.preventDefault()
  const opened = openIn(shown)
  if (!opened) return shutPanel()
  const url = new URL(shown)
  url.searchParams.delete("open")
  htmx.ajax("GET", `/transactions/${encodeURIComponent(opened)}?${url.searchParams}`, { target: "#panel", swap: "innerHTML" })
})

// --------------------------------------------------------------------------------------------------- keeping up

/** Puts the rows in as they are now. Rows that the search does not find any more stay where they are, but dimmed. */
function merge(fresh) {
  const body = $("rows")
  const chosen = new Set(ticks().filter((tick) => tick.checked).map((tick) => tick.value))
  const known = new Map([...body.children].filter((row) => row.id && row.id !== "further").map((row) => [row.id, row]))
  const seen = new Set()
  let after = null
  for (const row of fresh) {
    seen.add(row.id)
    const old = known.get(row.id)
    if (old) old.replaceWith(row)
    else if (after) after.after(row)
    else body.prepend(row)
    const tick = row.querySelector("input[name=row]")
    if (tick) tick.checked = chosen.has(tick.value)
    htmx.process(row)
    after = row
  }
  for (const row of [...body.children]) {
    if (row === after) break
    if (row.dataset.id && !seen.has(row.id)) row.classList.add("left")
  }
  if (!after) for (const row of body.querySelectorAll("tr.line")) row.classList.add("left")
  showOpened()
  showChosen()
}

let keeping = 0
async function keepUp() {
  const found = $("found")
  if (!$("rows")) return htmx.ajax("GET", withoutOpen(location.href), { target: "#found", swap: "outerHTML" })
  const mine = ++keeping
  const after = new URLSearchParams(location.search).get("after")
  const query = new URLSearchParams(found.dataset.query)
  if (after) query.set("after", after)
  query.set("shown", Math.min(MOST_ANEW, document.querySelectorAll("#rows tr.line").length + SPARE))
  let html
  try {
    const response = await fetch(`/transactions/rows?${query}`, { headers: { "HX-Request": "true" } })
    if (!response.ok) return
    html = await response.text()
  } catch {
    return tell("The list could not be fetched anew. Reload the page when the server can be reached.", { bad: true })
  }
  if (mine !== keeping || found !== $("found")) return
  const template = document.createElement("template")
  template.innerHTML = html
  const fresh = [...template.content.querySelectorAll("tr:not(#further)")].map((row) => document.adoptNode(row))
  // What comes after the last row that is shown is fetched when the reader gets there.
  const last = fresh.findLastIndex((row) => $(row.id))
  merge($("further") ? fresh.slice(0, last + 1) : fresh)
}
document.addEventListener("ledger-changed", keepUp)

// --------------------------------------------------------------------------------------------------- adding by hand

document.addEventListener("htmx:finally:request", ({ detail }) => {
  if (detail.ctx.sourceElement?.id !== "new" && detail.ctx.target?.id !== "new") return
  if (detail.ctx.response?.status === 200) $("add").close()
})

showOpened()
showChosen()
