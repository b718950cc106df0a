"""The template of `zoo.training.run_page`: one file without references to other hosts."""

import string

PAGE = string.Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title, $state</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
figcaption { display: flex; justify-content: space-between; gap: 1rem; overflow-wrap: anywhere; }
svg { width: 100%; background: color-mix(in srgb, currentColor 6%, transparent); }
polyline { fill: none; stroke: #2c6fbb; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
small { opacity: .7; }
.samples input { width: 100%; }
.samples img { max-width: 100%; image-rendering: pixelated; display: block; }
pre { overflow: auto; padding: 1rem; background: color-mix(in srgb, currentColor 6%, transparent); }
</style>
</head>
<body>
<h1>$title</h1>
<p>$state, run folder <code>$folder</code>. Reload the page to see newer steps.</p>
<h2>Samples</h2>
$samples
<h2>Curves</h2>
<div class="curves">$curves</div>
<h2>Model card</h2>
<details><summary>show</summary><pre>$card</pre></details>
<h2>Settings</h2>
<details><summary>show</summary><pre>$config</pre></details>
<script>
for (const part of document.querySelectorAll(".samples")) {
  const images = JSON.parse(part.dataset.images), slider = part.querySelector("input");
  slider.addEventListener("input", () => {
    const [step, name] = images[slider.value];
    part.querySelector("output").textContent = step;
    part.querySelector("img").src = "samples/" + name;
  });
}
</script>
</body>
</html>
""")
