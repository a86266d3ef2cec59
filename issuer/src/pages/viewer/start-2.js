// Light or dark as the reader's system is, also when that changes. On a narrow screen the viewer's own list of operations
// does not fit beside them: there they are one list, each to be opened.
(() => {
  const api = document.getElementById("api");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 48rem)");
  const show = () => {
    api.setAttribute("render-style", narrow.matches ? "view" : "focused");
    api.setAttribute("theme", dark.matches ? "dark" : "light");
    api.setAttribute("bg-color", dark.matches ? "#10161d" : "#f6f8fb");
    api.setAttribute("text-color", dark.matches ? "#e6ecf3" : "#16202c");
    api.setAttribute("nav-bg-color", dark.matches ? "#18212b" : "#ffffff");
    api.setAttribute("nav-text-color", dark.matches ? "#9aa9b9" : "#5a6a7c");
    api.setAttribute("primary-color", dark.matches ? "#8fb1ff" : "#2456c8");
  };
  show();
  dark.addEventListener("change", show);
  narrow.addEventListener("change", show);
})();
