// The turns of a chat on the page. The server renders them; answers that still run grow here.
import { Answer } from "./answer.js"
import { bring } from "./proposals.js"
import { copyOf } from "./templates.js"
import { TurnStream } from "./turn_stream.js"

const LOOKING = 5000 // ms between two looks at what other windows did to the chat

export class Conversation extends EventTarget {
  #log
  #connection
  #streams = new Map()
  #since = null
  #refreshing = 0
  #newest = 0
  #windows = new BroadcastChannel("tuppence-chat")

  /** log: the element that holds the turns. connection: says that it is being connected again. */
  constructor(log, connection, chat) {
    super()
    this.#log = log
    this.#connection = connection
    this.chat = chat
    for (const turn of this.turns) this.#enliven(turn)
    const look = () => this.#look()
    this.#windows.addEventListener("message", ({ data }) => data === this.chat && look())
    document.addEventListener("visibilitychange", look)
    window.addEventListener("pageshow", (event) => event.persisted && look())
    setInterval(look, LOOKING)
  }

  get turns() {
    return [...this.#log.querySelectorAll(":scope > .turn")]
  }

  get last() {
    return this.turns.at(-1) ?? null
  }

  /** The id of the turn that is being answered; null when none is. */
  get running() {
    return [...this.#streams.keys()].at(-1) ?? null
  }

  /** Shows a question that is being sent; `accepted` once there is a turn for it, or `withdrawn`. */
  add(text) {
    const turn = copyOf("turn")
    turn.querySelector("[data-question]").textContent = text
    this.#log.append(turn)
    const answer = new Answer(turn.querySelector("[data-answer]"), { isRunning: true })
    return {
      accepted: (id) => {
        Object.assign(turn.dataset, { turn: id, state: "running", after: "0" })
        turn.id = `turn-${id}`
        this.#read(turn, answer)
        this.tellWindows()
        return this.refresh(id)
      },
      withdrawn: () => {
        answer.end()
        turn.remove()
      },
    }
  }

  /** Has the other windows look at the chat. */
  tellWindows() {
    this.#windows.postMessage(this.chat)
  }

  /**
   * Brings the page up to what the server knows: the turns of the version that is shown, and what stands below them.
   * from: the id of the turn from which on anything may have changed; by default the first.
   */
  async refresh(from = null) {
    if (this.#refreshing > 0 && from !== this.#since) from = null
    this.#since = from
    this.#refreshing += 1
    const number = (this.#newest += 1)
    const found = await this.#fetched(from).finally(() => (this.#refreshing -= 1))
    if (found === null || number !== this.#newest) return // a later answer knows more
    const fresh = [...found.querySelectorAll(".turn")]
    const known = new Set(fresh.map((one) => one.id))
    const place = from && document.getElementById(`turn-${from}`)
    for (const turn of this.turns) {
      const isBefore = place && turn.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING
      const isSent = turn.dataset.turn !== undefined
      if (isSent && !isBefore && !known.has(turn.id)) this.#remove(turn)
    }
    for (const turn of fresh) this.#placeTurn(turn)
    Object.assign(this.#log.dataset, found.querySelector("[data-conversation]").dataset)
    this.dispatchEvent(new Event("change"))
  }

  #placeTurn(turn) {
    const shown = document.getElementById(turn.id)
    const isSame = shown !== null && (this.#streams.has(turn.dataset.turn) || shown.dataset.state === turn.dataset.state)
    if (isSame) {
      bring(turn.querySelector("[data-proposed]"), shown)
      shown.querySelector("[data-foot]").replaceWith(turn.querySelector("[data-foot]"))
      return
    }
    if (shown === null) this.#log.append(turn)
    else shown.replaceWith(turn)
    this.#enliven(turn)
  }

  #remove(turn) {
    this.#streams.get(turn.dataset.turn)?.close()
    this.#streams.delete(turn.dataset.turn)
    turn.remove()
  }

  async #fetched(from) {
    const query = from === null ? "" : `?since=${from}`
    const response = await fetch(`/chat/${this.chat}/conversation${query}`, { headers: { "HX-Request": "true" } })
    if (response.headers.has("HX-Redirect")) {
      location.assign(response.headers.get("HX-Redirect"))
      return null
    }
    if (!response.ok) return null
    return new DOMParser().parseFromString(await response.text(), "text/html")
  }

  #enliven(turn) {
    const isRunning = turn.dataset.state === "running"
    const answer = new Answer(turn.querySelector("[data-answer]"), { isRunning })
    if (isRunning) this.#read(turn, answer)
  }

  #read(turn, answer) {
    const id = turn.dataset.turn
    const ended = async (state) => {
      this.#streams.delete(id)
      turn.dataset.state = state
      this.#show()
      await this.refresh(id).catch(() => this.#showEnd(turn, state))
      this.tellWindows()
    }
    const onEvents = (events) => {
      answer.take(events)
      if (events.some(({ name }) => name === "function_result")) {
        this.dispatchEvent(new CustomEvent("answered", { detail: turn }))
      }
      const end = /^turn_(.+)/.exec(events.at(-1).name)
      if (end) {
        this.#ending = events.at(-1).data.message ?? ""
        ended(end[1])
      }
    }
    const onConnection = (state) => {
      this.#connection.hidden = state === true
      if (state !== "gone") return
      answer.end()
      this.#connection.hidden = true
      ended("failed")
    }
    this.#streams.set(id, new TurnStream(id, Number(turn.dataset.after), { onEvents, onConnection }))
    this.#show()
  }

  #ending = ""

  /** How an answer ended, while the server that would say it at length cannot be reached. */
  #showEnd(turn, state) {
    const foot = turn.querySelector("[data-foot]")
    if (state !== "completed") foot.append(this.#ending || "Stopped.")
  }

  #show() {
    this.#log.setAttribute("aria-busy", this.running === null ? "false" : "true")
    this.dispatchEvent(new Event("change"))
  }

  /** Whether another window asked, chose a version, deleted. */
  async #look() {
    if (this.chat === null || this.running !== null || document.visibilityState === "hidden") return
    let chat
    try {
      const response = await fetch(`/api/chats/${this.chat}`, { headers: { Accept: "application/json" } })
      if (response.status === 404) this.dispatchEvent(new Event("gone"))
      if (!response.ok) return
      chat = await response.json()
    } catch {
      return // the next look will do
    }
    if (this.running !== null) return
    const isSending = this.last !== null && this.last.dataset.turn === undefined
    if (!isSending && chat.turn !== (this.last?.dataset.turn ?? null)) await this.refresh()
  }
}
