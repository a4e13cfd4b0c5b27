// A browser that shows the page to a person goes straight in; what merely fetches the address runs no script.
document.querySelector("[data-enter]").submit()
