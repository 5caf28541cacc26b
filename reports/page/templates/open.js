// A link to a folded part opens it.
(() => {
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    const fold = target && target.closest("details");
    if (fold) { fold.open = true; target.scrollIntoView({ block: "start" }); }
  };
  addEventListener("hashchange", open);
  addEventListener("DOMContentLoaded", open);
})();
