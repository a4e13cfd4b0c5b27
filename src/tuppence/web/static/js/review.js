// The review queue: what was decided leaves it, what was undone comes back; and everything can be done by keys.
import { ask, ledgerChanged, tell } from "./app.js"
import htmx from "../vendor/htmx.js"
import "./picker.js"

const PAGE = 50
const $ = (id) => document.getElementById(id)

// ------------------------------------------------------------------------------------------- which one is meant

/** Everything that can be decided and is in sight, in order: groups, and the transactions of those that are unfolded. */
const places = () => [...document.querySelectorAll(".group, .singles[open] .each")]
const placeOf = (element) => element?.closest?.(".each, .group") ?? null
const current = () => placeOf(document.activeElement)

function go(place) {
  if (!place) return
  place.focus({ preventScroll: true })
  place.scrollIntoView({ block: "nearest" })
}

function step(by) {
  const all = places()
  const now = all.indexOf(current())
  go(now < 0 ? all[by > 0 ? 0 : all.length - 1] : all[now + by])
}

const press = (place, does) => place?.querySelector(`:scope > .actions [data-does=${does}]`)?.click()

// ------------------------------------------------------------------------------------------- saying something else

let changing = null // the form

function change(place) {
  shut()
  changing = $(`change-${place.dataset.kind}`).content.firstElementChild.cloneNode(true)
  const { group } = place.dataset
  changing.setAttribute("hx-post", $("found").dataset.changes)
  if (group) changing.elements.group.value = group
  else changing.elements.ids.value = place.dataset.ids
  place.querySelector(":scope > .actions").after(changing)
  htmx.process(changing)
  changing.querySelector("input:not([type=hidden])").focus()
}

function shut() {
  const place = placeOf(changing)
  changing?.remove()
  changing = null
  return place
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-does=change]")
  if (button) change(placeOf(button))
  else if (target.closest?.("[data-cancels]")) go(shut())
})

// --------------------------------------------------------------------------------------------------------- the keys

const undone = [] // addresses by which the latest decisions can be taken back, the last first
document.addEventListener("told", ({ detail }) => {
  if (!detail.undo || undone.includes(detail.undo)) return
  undone.unshift(detail.undo)
})

async function undo() {
  const address = undone.shift()
  if (!address) return tell("Nothing was decided on this page that could be undone. Earlier changes are under “Changes”.")
  try {
    tell((await ask("POST", address)).text)
  } catch (problem) {
    if (problem.code === "already_undone") return undo()
    return tell(problem.message, { bad: true })
  }
  $("toasts").querySelector(".toast:has(button)")?.remove() // it offers the same
  cameBack = true
  ledgerChanged()
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => press(current(), "accept"),
  r: () => press(current(), "reject"),
  c: () => press(current(), "change"),
  o: () => current()?.closest(".group").querySelector(".singles > summary")?.click(),
  u: () => undo(),
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog")) return
  if (event.key === "Escape" && changing) return go(shut())
  if (event.target.closest("input, textarea, select") || !Object.hasOwn(KEYS, event.key)) return
  event.preventDefault()
  KEYS[event.key]()
})

// -------------------------------------------------------------------------------------------------------- keeping up

let cameBack = false // whether what comes next was undone by a key, and is where the reader goes on
let keeping = 0

// What is decided is gone at once; the list that the server gives then says how the rest is.
document.addEventListener("htmx:after:request", ({ detail }) => {
  const { sourceElement, response, request } = detail.ctx
  const place = placeOf(sourceElement)
  if (!place || request?.method?.toUpperCase() !== "POST" || response?.status !== 200) return
  if (changing?.contains(sourceElement) || sourceElement === changing) shut()
  leave(place)
})

/** Takes a place out of the list; who stood in it stands in the next one. */
function leave(place) {
  const all = places().filter((one) => one === place || !place.contains(one))
  const at = all.indexOf(place)
  const next = all[at + 1] ?? all[at - 1]
  const stood = place.contains(document.activeElement) || document.activeElement === document.body
  place.remove()
  if (stood) go(next)
}

async function fresh() {
  const address = new URL($("found").dataset.address, location)
  address.searchParams.set("shown", Math.max(PAGE, document.querySelectorAll(".group").length + 1))
  const response = await fetch(address, { headers: { "HX-Request": "true" } })
  if (!response.ok || response.headers.has("HX-Redirect")) throw new Error(`The server answered ${response.status}.`)
  return new DOMParser().parseFromString(await response.text(), "text/html").getElementById("found")
}

async function keepUp() {
  const mine = ++keeping
  let found
  try {
    found = await fresh()
  } catch {
    return tell("The queue could not be fetched anew. Reload the page when the server can be reached.", { bad: true })
  }
  if (mine !== keeping) return
  const list = $("groups")
  if (!list || !found.querySelector(".group")) {
    $("found").replaceWith(document.adoptNode(found))
    htmx.process($("found"))
  } else {
    $("waiting").replaceWith(document.adoptNode(found.querySelector("#waiting")))
    merge(list, [...found.querySelectorAll("#groups > li")])
  }
  cameBack = false
}

/** The group as the page showed it; undefined when it is new here. */
function former(group, groups) {
  const ids = new Set(group.dataset.ids?.split(","))
  return [...groups].find((one) => one.dataset.ids.split(",").some((id) => ids.has(id)))
}

/** Puts the groups in as they are now: those that are as they were stay, with whatever somebody is doing in them. */
function merge(list, now) {
  const known = new Map()
  for (const group of list.querySelectorAll(".group")) known.set(group.dataset.version, group)
  const focused = current()?.id
  let arrived = null
  const placed = now.map((group) => {
    const old = known.get(group.dataset.version)
    if (old) return old
    const place = document.adoptNode(group)
    const before = former(place, known.values())
    if (before?.querySelector(".singles[open]")) place.querySelector(".singles")?.setAttribute("open", "")
    else if (!before && place.matches(".group")) arrived ??= place
    return place
  })
  const kept = new Set(placed)
  for (const child of [...list.children]) if (!kept.has(child)) child.remove()
  placed.forEach((place, number) => {
    if (list.children[number] !== place) list.insertBefore(place, list.children[number] ?? null)
  })
  for (const place of placed) if (!known.has(place.dataset.version)) htmx.process(place)
  if (changing && !changing.isConnected) changing = null
  if (cameBack && arrived) go(arrived)
  else if (focused && document.activeElement === document.body) go($(focused))
}

document.addEventListener("ledger-changed", keepUp)
