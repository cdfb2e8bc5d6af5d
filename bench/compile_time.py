#!/usr/bin/env python3
"""Measures what a unit with models and queries costs to compile at -O1: 20 models of 10 fields and 60 queries.

Usage: bench/compile_time.py [--compiler g++] [--runs 3] [--keep unit.cc] [--flag=-ftime-report]

Prints CPU seconds (user and system: other work on the machine hardly changes them), peak memory, and the same of a unit
that only includes the header. Without ccache and precompiled headers. Exits with 1 over the budget of 12 s and 600 MB.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS, SECONDS, MEGABYTES = 20, 12, 600

MODEL = """
struct Model{n} : DynamoModel<Model{n}> {{
  std::string title{{}};
  std::string slug{{}};
  std::string body{{}};
  Ref<Model{to}> parent_pk{{}};
  bool published = false;
  std::int64_t view_count = 0;
  double ratio = 0;
  std::vector<std::string> tags{{}};
  std::optional<std::string> summary{{}};
  Timestamp created_at{{}};
  static constexpr auto schema = define<Model{n}>(
      {{.table_name = "model{n}", .ordering = "-created_at"}},
      CharField<&Model{n}::title>{{.max_length = 200}}, SlugField<&Model{n}::slug>{{.max_length = 220, .index = true}},
      TextField<&Model{n}::body>{{}}, ForeignKey<&Model{n}::parent_pk>{{.on_delete = OnDelete::cascade}},
      BooleanField<&Model{n}::published>{{}}, IntegerField<&Model{n}::view_count>{{}}, FloatField<&Model{n}::ratio>{{}},
      ListField<&Model{n}::tags>{{}}, CharField<&Model{n}::summary>{{}}, DateTimeField<&Model{n}::created_at>{{.auto_now_add = true}},
      Index<&Model{n}::parent_pk, &Model{n}::created_at>{{.name = "parent-recent"}});
}};
"""
# Three queries of each model, of different kinds from model to model.
QUERIES = [
    "auto rows = Model{n}::objects.filter(f<&Model{n}::parent_pk> == key && f<&Model{n}::published> == true)"
    ".order_by(\"-created_at\").limit(10).to_vector(); return rows.size();",
    "std::size_t views = 0; for (const Model{n}& row : Model{n}::objects.filter(f<&Model{n}::view_count> > 10"
    " || f<&Model{n}::slug> == \"x\").exclude(f<&Model{n}::summary>.isnull()))"
    " views += static_cast<std::size_t>(row.view_count); return views;",
    "auto page = Model{n}::objects.filter(f<&Model{n}::title>.startswith(\"a\")).order_by(f<&Model{n}::ratio>.desc()).limit(20).page();"
    " return page.items.size();",
    "return Model{n}::objects.filter(f<&Model{n}::slug>.in({{\"a\", \"b\"}}) && !(f<&Model{n}::ratio> < 0.5)).count();",
    "return Model{n}::objects.filter(f<&Model{n}::pk> == key).update(f<&Model{n}::view_count> = f<&Model{n}::view_count> + 1);",
    "Model{n} row = Model{n}::objects.create({{.title = \"t\", .slug = \"s\"}}); row.body = \"b\"; row.save(); return 1;",
    "auto row = Model{n}::objects.try_get(key); return row ? row->title.size() : 0;",
    "return Model{n}::objects.filter(f<&Model{n}::parent_pk, &Model{to}::slug> == \"x\").values<&Model{n}::title, &Model{n}::slug>().size();",
    "return Model{n}::objects.filter({{{{\"title__contains\", \"x\"}}, {{\"view_count__gte\", 3}}}}).exists();",
]


def unit(models: int) -> str:
    text = '#include "dynamo_backend/models.h"\nusing namespace dynamo_backend;\n'
    for n in range(models):
        text += MODEL.format(n=n, to=max(n - 1, 0))
    for q in range(models * 3):
        n = q // 3
        body = QUERIES[(q * 2 + n) % len(QUERIES)].format(n=n, to=max(n - 1, 0))
        text += f"std::size_t query{q}(const Uuid& key) {{ (void)key; {body} }}\n"
    return text


def compile_once(compiler: str, source: pathlib.Path, flags: list) -> tuple:
    """CPU seconds and peak megabytes."""
    command = [compiler, "-std=c++20", "-O1", "-Wno-missing-field-initializers", f"-I{ROOT}", *flags, "-c", str(source), "-o", "/dev/null"]
    child = subprocess.Popen(command, env=dict(os.environ, CCACHE_DISABLE="1"))
    _, status, used = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("the unit does not compile")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", help="write the unit to this file")
    parser.add_argument("--flag", action="append", default=[], help="given to the compiler")
    options = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, models in (("header only", 0), (f"{MODELS} models x 10 fields, {MODELS * 3} queries", MODELS)):
            source = pathlib.Path(folder) / "unit.cc"
            source.write_text(unit(models))
            if options.keep:
                pathlib.Path(options.keep).write_text(source.read_text())
            runs = [compile_once(options.compiler, source, options.flag) for _ in range(options.runs)]
            figures[models] = statistics.median(s for s, _ in runs), max(m for _, m in runs)
            print(f"{name}: {figures[models][0]:.1f} s of CPU, {figures[models][1]:.0f} MB", flush=True)
    seconds, megabytes = figures[MODELS]
    print(f"{seconds / figures[0][0]:.1f} times the header alone; the budget is {SECONDS} s and {MEGABYTES} MB")
    sys.exit(0 if seconds <= SECONDS and megabytes <= MEGABYTES else 1)


if __name__ == "__main__":
    main()
