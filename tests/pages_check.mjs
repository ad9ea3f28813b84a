// Looks at the pages that people print and sign, in headless Chromium: accessibility by axe-core, and the number of
// sheets of those that have to fit on one. Without Chromium it says so and passes, unless PAGES_CHECK=require.
// Pages of the dashboard are looked at too where SCRUBIN_PAGES_DIR names a folder of them: wide, narrow, light and dark.
// Usage: node tests/pages_check.mjs AXE_MIN_JS [BINARY [FOLDER_FOR_PDFS]]
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const binary = resolve(process.argv[3] ?? join(here, "../target/debug/scrubin"));
const folder = process.argv[4] ? resolve(process.argv[4]) : mkdtempSync(join(tmpdir(), "scrubin-pages-"));
mkdirSync(folder, { recursive: true });

const browser = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"]
  .filter(Boolean)
  .find((name) => spawnSync(name, ["--version"]).status === 0);
const axe = resolve(process.argv[2] ?? "axe.min.js");
if (!browser || !existsSync(axe)) {
  const lacks = browser ? "axe-core" : "Chromium";
  console.log(`pages not looked at: no ${lacks}`);
  process.exit(process.env.PAGES_CHECK === "require" ? 1 : 0);
}

// A history of reviews, so that the pages made from one have something on them.
const history = join(folder, "history.jsonl");
writeFileSync(history, historyOfAYear());

// Name, arguments, most sheets of paper (0: any number).
const pages = [
  ["plan", ["controls", "plan", "--format", "html"], 0],
  ["recategorisation", ["controls", "recategorisation", "--format", "html"], 0],
  ["summary", ["controls", "summary", "--format", "html"], 0],
  ["controls", ["controls", "list", "--format", "html"], 0],
  ["rule", ["explain", "C-LEN-014", "--format", "html"], 0],
  ["capa", ["quality", "capa", "--today", "2026-12-31", "--format", "html", history], 0],
  ["review", ["quality", "review", "--quarter", "2026Q4", "--today", "2026-12-31", "--format", "html", history], 1],
  ["selftest", ["selftest", "--report", "REPORT"], 0],
  ["record", ["record", "show", "--format", "html"], 0],
  ["register", ["deviations", "report", "--format", "html"], 0],
  ["release", ["report", "release", "v2", "--format", "html"], 0],
];
// Pages about a repository are made in one.
const about = ["record", "register", "release"];
const repository = firmware(mkdtempSync(join(tmpdir(), "scrubin-firmware-")));

// How a page of the dashboard is looked at, and how wide it may be: 320 CSS pixels are the narrowest screen (WCAG 1.4.10).
// No window is that narrow, so that the page itself is made so.
const VIEWS = [
  ["wide, light", ["--window-size=1200,1600", "--blink-settings=preferredColorScheme=1"], 1200],
  ["wide, dark", ["--window-size=1200,1600", "--blink-settings=preferredColorScheme=0"], 1200],
  ["narrow, light", ["--window-size=500,1600", "--blink-settings=preferredColorScheme=1"], 320],
];

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000"];
let problems = 0;
for (const [name, command, sheets] of pages) {
  const file = join(folder, `${name}.html`);
  const words = command.map((word) => (word === "REPORT" ? file : word));
  const run = spawnSync(binary, words, { cwd: about.includes(name) ? repository : folder, encoding: "utf8", maxBuffer: 1 << 28 });
  if (run.status !== 0) {
    console.log(`${name}: scrubin ${command.join(" ")} ended with ${run.status}: ${run.stderr}`);
    problems += 1;
    continue;
  }
  if (!command.includes("REPORT")) writeFileSync(file, run.stdout);
  for (const violation of violations(file)) {
    console.log(`${name}: ${violation.id} (${violation.impact}): ${violation.help}: ${violation.target}`);
    problems += 1;
  }
  const pdf = join(folder, `${name}.pdf`);
  execFileSync(browser, [...flags, "--no-pdf-header-footer", `--print-to-pdf=${pdf}`, pathToFileURL(file).href], { stdio: "ignore" });
  const count = (readFileSync(pdf, "latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
  console.log(`${name}: ${count} sheets`);
  if (count === 0 || (sheets > 0 && count > sheets)) {
    console.log(`${name}: ${count} sheets of paper, ${sheets} at most`);
    problems += 1;
  }
}
const dashboard = process.env.SCRUBIN_PAGES_DIR;
if (dashboard) {
  const names = readdirSync(dashboard).filter((name) => name.endsWith(".html") && !name.endsWith(".judged.html"));
  // A folder without pages is not a dashboard that is in order.
  if (names.length < 10) {
    console.log(`${dashboard}: ${names.length} pages`);
    problems += 1;
  }
  for (const name of names) {
    const file = join(resolve(dashboard), name);
    for (const [view, further, width] of VIEWS) {
      for (const violation of violations(file, further, width)) {
        console.log(`${name} (${view}): ${violation.id} (${violation.impact}): ${violation.help}: ${violation.target}`);
        problems += 1;
      }
    }
    console.log(`${name}: looked at in ${VIEWS.length} ways`);
  }
}
if (!process.argv[4]) rmSync(folder, { recursive: true });
rmSync(repository, { recursive: true });
console.log(problems === 0 ? "pages are accessible and print as they should" : `${problems} problems`);
process.exit(problems === 0 ? 0 : 1);

// A repository with a reviewed change, a deviation under a permit, and a checklist that was signed off.
function firmware(place) {
  const who = { GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.invalid", GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.invalid" };
  const env = { ...process.env, ...who, SCRUBIN_RECORD_KEY: ".git/gate" };
  const run = (program, ...words) => execFileSync(program, words, { cwd: place, env, stdio: "ignore" });
  const commit = (message) => (run("git", "add", "--all"), run("git", "commit", "-qm", message));
  run("git", "init", "-q");
  writeFileSync(join(place, "scrubin.toml"), '[record]\nproject = "Pump"\nlog = ".git/log.jsonl"\nsigners = ".git/gate.pub"\n[profile]\n');
  commit("settings");
  run("git", "tag", "v1");
  run(binary, "record", "key", ".git/gate");
  writeFileSync(join(place, "a.c"), "#include <string.h>\n\nvoid f(const char *name)\n{\n    char tag[8];\n    strcpy(tag, name);\n    use(tag);\n}\n");
  const approved = 'author = "Ada"\napproved-by = "Bob"\napproved = 2026-01-01\nreason = "the build makes names of at most seven letters"\n';
  const permit = `[[permit]]\nid = "P-1"\nrule = "C-STR-001"\nuse-case = "names of the build"\nrisk = "an overflow"\n${approved}`;
  writeFileSync(join(place, "deviations.toml"), `${permit}[[deviation]]\nid = "DEV-1"\npermit = "P-1"\npath = "a.c"\n`);
  commit("names");
  run("git", "tag", "v2");
  run(binary, "check", "--base", "v1", "--record");
  run(binary, "record", "sign-off", "--reviewer", "Eve", "--items", "all");
  return place;
}

// What axe-core has to say of a page: run inside it, read from its title.
function violations(file, further = [], width = 0) {
  const judge = `<script>${readFileSync(axe, "utf8")}</script><script>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }).then((result) => {
      const all = result.violations.map((one) => ({ id: one.id, impact: one.impact, help: one.help, target: one.nodes[0].target.join(" ") }));
      // What is wider than the screen makes readers scroll in two directions, but for what scrolls by itself.
      const width = ${width};
      document.documentElement.style.maxWidth = width ? width + "px" : "";
      const scrolls = (one) => one !== null && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
      const isOut = (one) => one.getBoundingClientRect().right > width + 1 && !scrolls(one.parentElement);
      const out = width ? [...document.body.querySelectorAll("*")].find(isOut) : undefined;
      if (out) {
        all.push({ id: "too-wide", impact: "serious", help: "wider than " + width + " pixels", target: out.outerHTML.slice(0, 80) });
      }
      document.title = "AXE" + encodeURIComponent(JSON.stringify({ passes: result.passes.length, all })) + "EXA";
    });</script>`;
  const judged = file.replace(/\.html$/, ".judged.html");
  writeFileSync(judged, readFileSync(file, "utf8").replace("</body>", () => `${judge}</body>`));
  const dom = execFileSync(browser, [...flags, ...further, "--dump-dom", pathToFileURL(judged).href], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  rmSync(judged);
  const found = /<title>AXE(.*?)EXA<\/title>/.exec(dom);
  if (!found) return [{ id: "no-result", impact: "critical", help: "axe-core did not run", target: file }];
  const result = JSON.parse(decodeURIComponent(found[1]));
  // A page in which nothing could be judged is not a page that is in order.
  return result.passes > 5 ? result.all : [{ id: "no-result", impact: "critical", help: "nothing was judged", target: file }];
}

// Findings of two lessons over a year, as `scrubin training export` writes them.
function historyOfAYear() {
  const lines = ['{"history":{"version":1}}'];
  for (let day = 0; day < 360; day += 3) {
    const at = new Date(Date.UTC(2026, 0, 3 + day)).toISOString().replace(".000Z", "Z");
    const fp = day.toString(16).padStart(32, "0");
    const lesson = day % 9 === 0 ? "L-LEN-BOUND" : "L-STR-UNBOUNDED";
    const found = [{ fp: `${fp}:0`, moved: fp.slice(16), rule: "C-LEN-001", lesson, sev: "error", comp: "src/net", file: "f", func: "g" }];
    lines.push(JSON.stringify({ run: { id: `r${day}`, at, stage: day % 2 ? "hook" : "review", source: "range", change: `c${day}`, lines: { "src/net": 120 }, found } }));
  }
  return `${lines.join("\n")}\n`;
}
