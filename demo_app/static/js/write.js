// The slug of a new post follows the title until it is edited by hand; a stored one is a permanent link.
(() => {
  const title = document.querySelector('[name="title"]');
  const slug = document.querySelector('[name="slug"]');
  if (!title || !slug) return;
  const slugify = (text) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 220);
  let follows = slug.value === "";
  title.addEventListener("input", () => {
    if (follows) slug.value = slugify(title.value);
  });
  slug.addEventListener("input", () => {
    follows = slug.value === "";
  });
})();
