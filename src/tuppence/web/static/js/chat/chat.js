// The page of a chat: asks, stops, edits, tries again.
import { ask, tell } from "../app.js"
import { Composer, newId } from "./composer.js"
import { Conversation } from "./conversation.js"
import { edit } from "./editor.js"
import { Evidence, nthOf } from "./evidence.js"
import { Following } from "./following.js"
import { Picker } from "./picker.js"
import { Proposals } from "./proposals.js"
import { markdownIn } from "./words.js"

const page = document.getElementById("main")
const log = document.getElementById("log")
const chat = page.dataset.chat || null
const conversation = new Conversation(log, document.getElementById("connection"), chat)
const composer = new Composer(document.getElementById("composer"), chat)
const picker = new Picker(document.getElementById("model"), chat)
const evidence = new Evidence(document.getElementById("evidence"), log)
const proposals = new Proposals(log)
const following = new Following(document.getElementById("view"), log, document.getElementById("to-latest"))

following.toEnd()
show()
conversation.addEventListener("change", show)
conversation.addEventListener("answered", ({ detail }) => proposals.update(detail))

function show() {
  composer.isBusy = conversation.running !== null
  page.dataset.empty = conversation.last === null ? "true" : "false"
  const cost = document.getElementById("cost")
  cost.textContent = log.dataset.cost ?? ""
  cost.title = log.dataset.costMeaning ?? ""
  countDown()
  evidence.update()
}

// ------------------------------------------------------------------------------------------------------------ asking

composer.addEventListener("ask", async ({ detail: { text, clientId } }) => {
  const question = conversation.add(text)
  page.dataset.empty = "false"
  composer.isBusy = true
  following.toEnd()
  try {
    const isNew = conversation.chat === null
    const id = conversation.chat ?? (await begin())
    const { turn } = await send(id, { text, client_id: clientId })
    composer.accepted()
    await question.accepted(turn)
    if (isNew) document.body.dispatchEvent(new CustomEvent("chats-changed", { bubbles: true }))
  } catch (problem) {
    question.withdrawn()
    composer.refused(text, clientId, problem.message, problem.code === "nobody_to_ask" ? settingsLink() : "")
    if (problem.code === "chat_busy") await conversation.refresh()
    show()
  }
})

composer.addEventListener("stop", () => stop())
composer.addEventListener("edit-last", () => conversation.last && openEditor(conversation.last))

const send = (id, question) => ask("POST", `/api/chats/${id}/messages`, { ...question, model: picker.model })

function settingsLink() {
  const link = document.createElement("a")
  link.href = "/settings/providers"
  link.textContent = "Open the provider settings"
  return link
}

conversation.addEventListener("gone", () => composer.problem("This chat has been deleted."))

/** A chat for the first question; the page becomes its page. */
async function begin() {
  const { id } = await ask("POST", "/api/chats", {})
  conversation.chat = composer.chat = picker.chat = id
  sessionStorage.removeItem("draft:new")
  history.replaceState(null, "", `/chat/${id}`)
  document.getElementById("shown").value = id
  return id
}

async function stop() {
  const turn = conversation.running
  if (turn === null) return
  try {
    await ask("POST", `/api/turns/${turn}/stop`)
  } catch (problem) {
    tell(problem.message, { bad: true })
  }
}

function openEditor(turn) {
  edit(turn, async ({ text, clientId, edits }) => {
    const asked = await send(conversation.chat, { text, client_id: clientId, edits })
    await conversation.refresh()
    conversation.tellWindows()
    following.toEnd()
    document.getElementById(`turn-${asked.turn}`)?.querySelector("button")?.focus()
    composer.focus()
  })
}

// ------------------------------------------------------------------------------------------- what stands by a turn

const actions = {
  edit: (turn) => openEditor(turn),

  async copy(turn, button) {
    await copied(markdownIn(turn.querySelector("[data-answer]")))
    showDone(button)
  },

  async "copy-code"(turn, button) {
    await copied(button.closest(".code").querySelector("code").textContent)
    showDone(button)
  },

  "go-on"() {
    const detail = { text: "Go on from where you stopped.", clientId: newId() }
    composer.dispatchEvent(new CustomEvent("ask", { detail }))
  },

  async retry(turn) {
    await ask("POST", `/api/chats/${conversation.chat}/retry`, { turn: turn.dataset.turn, model: picker.model })
    await conversation.refresh()
    conversation.tellWindows()
    following.toEnd()
    composer.focus()
  },

  "other-model": () => picker.open(),

  async version(turn, button) {
    await ask("POST", `/api/turns/${button.dataset.version}/show`)
    await conversation.refresh()
    conversation.tellWindows()
    const shown = document.getElementById(`turn-${button.dataset.version}`)
    shown?.querySelector(`[data-does="version"][data-way="${button.dataset.way}"]:not(:disabled)`)?.focus()
  },
}

log.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-does]")
  if (button === null || button.disabled) return
  try {
    await actions[button.dataset.does](button.closest(".turn"), button)
  } catch (problem) {
    tell(problem.message, { bad: true })
  }
})

function showDone(button) {
  button.dataset.done = ""
  setTimeout(() => delete button.dataset.done, 1500)
}

async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const field = document.createElement("textarea") // where pages without TLS have no clipboard
  field.value = text
  field.className = "visually-hidden"
  document.body.append(field)
  field.select()
  document.execCommand("copy")
  field.remove()
}

// A line that stands for one lookup opens that one.
log.addEventListener("click", (event) => {
  const group = event.defaultPrevented ? null : event.target.closest(".lookups > summary")?.parentNode
  const own = group?.querySelectorAll("details.lookup") ?? []
  if (own.length === 1) own[0].open = !group.open
})

// What a function answered is fetched when somebody looks at it.
log.addEventListener(
  "toggle",
  async ({ target }) => {
    if (target.open && target.matches(".lookup") && target.dataset.state !== "running") await showResult(target)
  },
  true,
)
new MutationObserver((changes) => {
  for (const { target } of changes) if (target.open && target.matches(".lookup")) showResult(target)
  evidence.update()
}).observe(log, { subtree: true, attributeFilter: ["data-state"] })

async function showResult(lookup) {
  const place = lookup.querySelector("[data-result]")
  if (place.dataset.fetched !== undefined) return
  const { turn } = lookup.closest(".turn").dataset
  try {
    const { result } = await ask("GET", `/api/turns/${turn}/results/${encodeURIComponent(lookup.dataset.call)}?nth=${nthOf(lookup)}`)
    place.textContent = typeof result === "string" ? result : JSON.stringify(result, null, 2)
    place.dataset.fetched = ""
  } catch (problem) {
    place.textContent = problem.message
  }
}

// When a provider says when to come back, the wait is shown while it lasts.
function countDown() {
  for (const place of log.querySelectorAll("[data-again-in]")) {
    const until = (place.dataset.until ??= String(Date.now() + Number(place.dataset.againIn) * 1000))
    const left = Math.ceil((Number(until) - Date.now()) / 1000)
    place.textContent = left > 0 ? `Try again in ${duration(left)}.` : "You can try again now."
  }
}
setInterval(countDown, 1000)

function duration(seconds) {
  if (seconds < 90) return `${seconds} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

// ---------------------------------------------------------------------------------------------------- keys and menu

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.target.closest('dialog, [type="search"]')) return
  const isRunning = conversation.running !== null
  if (!isRunning && !evidence.isOpen) return
  event.preventDefault()
  if (evidence.isOpen && (!isRunning || evidence.holds(event))) evidence.close()
  else stop()
})

for (const button of page.querySelectorAll("[data-suggestion]")) {
  button.addEventListener("click", () => {
    composer.fill(button.textContent.trim())
    document.getElementById("composer").requestSubmit()
  })
}

document.getElementById("rename-form")?.addEventListener("submit", async (event) => {
  event.preventDefault()
  const form = event.target
  try {
    const { title } = await ask("PATCH", `/api/chats/${conversation.chat}`, { title: form.elements.title.value })
    showTitle(title)
    form.closest("dialog").close()
    document.body.dispatchEvent(new CustomEvent("chats-changed", { bubbles: true }))
  } catch (problem) {
    form.querySelector("[data-problem]").textContent = problem.message
  }
})

document.getElementById("delete-form")?.addEventListener("submit", async (event) => {
  event.preventDefault()
  try {
    await ask("DELETE", `/api/chats/${conversation.chat}`)
    location.assign("/chat")
  } catch (problem) {
    event.target.closest("dialog").close()
    tell(problem.message, { bad: true })
  }
})

function showTitle(title) {
  document.getElementById("title").textContent = title
  document.title = `${title} · Tuppence`
}

conversation.addEventListener("change", () => {
  const { title } = log.dataset
  if (title) showTitle(title)
  document.getElementById("chat-actions").hidden = conversation.chat === null
  for (const link of page.querySelectorAll("[data-export]")) link.href = `/chat/${conversation.chat}/export`
})

if (matchMedia("(hover: hover)").matches) composer.focus()
