// Before the first picture is drawn: light, dark, or as the system has it.
(() => {
  const NAMES = ['system', 'light', 'dark'];
  let name = 'system';
  try {
    name = localStorage.getItem('theme') ?? name;
  } catch {
    // No storage: it is chosen again each time.
  }
  const apply = () => {
    if (name === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  };
  apply();
  window.theme = {
    get name() {
      return name;
    },
    next() {
      name = NAMES[(NAMES.indexOf(name) + 1) % NAMES.length];
      apply();
      try {
        localStorage.setItem('theme', name);
      } catch {
        // As above.
      }
      return name;
    },
  };
})();
