#include "dynamo_backend/migrations/operation_runner.h"

#include <algorithm>

#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/lease.h"
#include "dynamo_backend/migrations/row_rewriter.h"
#include "dynamo_backend/migrations/table_change.h"
#include "dynamo_backend/migrations/unique_claims.h"

namespace dynamo_backend::migrations {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// Whether what it makes of a row may depend on other attributes than those it changes.
bool reads_whole_row(const Operation& operation) {
  return std::visit(
      Overloaded{[](const RunFunction&) { return true; },
                 [](const RecomputeField&) { return true; },
                 [](const AddField& o) { return o.field.computed || !o.backfill.function.empty(); },
                 [](const AlterField& o) {
                   return o.conversion.starts_with('@') || !o.backfill.function.empty();
                 },
                 [](const auto&) { return false; }},
      operation);
}

dynamodb::Condition claims_filter(const std::vector<std::string>& prefixes) {
  dynamodb::Condition filter;
  for (const std::string& p : prefixes)
    filter = filter || dynamodb::begins_with(dynamodb::Path("pk"), Value(p));
  return filter;
}

}  // namespace

std::string title(const OperationContext& context) {
  if (!context.backwards) return describe(context.operation);
  return "Undo: " + describe(context.migration->operations.at(context.index));
}

OperationRunner::OperationRunner(const RunControl& control, const MigrateOptions& options,
                                 const Registry& registry, OperationContext context, Record& record)
    : control_(control),
      options_(options),
      registry_(registry),
      context_(std::move(context)),
      after_(context_.before),
      record_(record) {
  apply(context_.operation, context_.migration->id.app, after_);
}

void OperationRunner::run() {
  const std::string& app = context_.migration->id.app;
  if (lacks_its_table()) {
    if (context_.backwards) return;  // nothing is left to undo
    throw MigrationError("table " + control_.connection().table(model().table) +
                         " is gone: restore it or make it anew, or record the migration without "
                         "doing it, by --fake");
  }
  if (was_edited())
    enter(0, 0);
  else if (record_.current().building != indexes_in_work())
    enter(record_.current().part, 0);
  set_ready(false);
  std::visit(
      Overloaded{
          [&](const CreateTable& o) { create(o); }, [&](const DeleteTable& o) { drop(o); },
          [&](const RenameModel&) {},
          [&](const AddIndex& o) { add_index(model().table, index_definition(model(), o.index)); },
          [&](const RemoveIndex& o) { delete_index(control_, model().table, o.index); },
          [&](const AddUnique& o) { add_unique(model(), o.unique); },
          [&](const RemoveUnique& o) {
            const ModelState& before = context_.before.model(app, o.model);
            remove_unique(before, *before.find_unique(o.fields));
          },
          [&](const SetTtl& o) {
            set_ttl(control_, model().table, o.field);
            for (const UniqueState& unique : model().unique) add_unique(model(), unique);
          },
          [&](const SetStream& o) { set_stream(control_, model().table, o.view); },
          [&](const RunFunction& o) {
            if (o.function == kNoop) return;
            if (o.model.empty())
              run_once(o);
            else
              rewrite(model(), context_.operation, context_.before);
          },
          [&](const auto&) {
            if (work_of(context_.operation).writes_rows)
              rewrite(model(), context_.operation, context_.before);
          }},
      context_.operation);
  if (!std::holds_alternative<RemoveIndex>(context_.operation)) set_ready(true);
}

const ModelState& OperationRunner::model() const {
  return after_.model(context_.migration->id.app, model_of(context_.operation));
}

const ModelInfo* OperationRunner::compiled(const ModelState& model) const {
  for (const ModelInfo* m : registry_.models())
    if (m->table == model.table) return m;
  return nullptr;
}

void OperationRunner::create(const CreateTable& op) {
  const ModelState& model = op.model;
  const auto definition = table_definition(model);
  const bool made = create_table(control_, definition);
  if (!model.unique.empty()) make_claims_table(model);
  if (!model.ttl.empty()) set_ttl(control_, model.table, model.ttl);
  if (made) return;
  // A table that was there, or the work of a run that was cut off: what it lacks is added.
  if (model.stream) set_stream(control_, model.table, model.stream);
  recompute(model);
  for (const auto& index : definition.global_indexes) add_index(model.table, index);
  for (const UniqueState& unique : model.unique) add_unique(model, unique);
}

void OperationRunner::drop(const DeleteTable& op) {
  const ModelState& model = context_.before.model(context_.migration->id.app, op.model);
  delete_table(control_, model.table);
  if (model.unique.empty()) return;
  walk_claims({claim_prefix(model.table)},
              [&](dynamodb::ItemView claim) { return remove_claim(claim); });
}

void OperationRunner::add_index(const std::string& table, const dynamodb::IndexDefinition& index) {
  create_index(control_, table, index, [&](std::uint64_t entries, std::uint64_t rows) {
    if (options_.progress)
      options_.progress(
          {.what = "Index " + index.name + " of " + table, .rows = entries, .total = rows});
  });
}

// Claims of rows that expire, expire with them.
void OperationRunner::make_claims_table(const ModelState& model) {
  create_table(control_, claims_table_definition());
  if (!model.ttl.empty()) set_ttl(control_, std::string(kClaimsTable), std::string(kClaimExpires));
}

void OperationRunner::add_unique(const ModelState& model, const UniqueState& unique) {
  make_claims_table(model);
  // Without it in the program, a later migration removes it, and there is nothing to claim.
  const ModelInfo* info = compiled(model);
  if (!info || info->unique.empty()) return;
  UniqueClaims claims(control_, model, unique, *info);
  // Which rows were refused is not in the record, and they may be mended by now.
  const MigrationRecord at = record_.current();
  if (at.part == part_ + 1 && std::any_of(at.segments.begin(), at.segments.end(),
                                          [](const SegmentProgress& s) { return s.refused > 0; }))
    enter(at.part, 0);
  // Of rows that a program without the set changed since an earlier try.
  const std::size_t part = part_;
  walk(
      std::string(kClaimsTable), [&](dynamodb::ItemView claim) { return claims.sweep(claim); },
      claims_filter(claim_prefixes(model.table, unique.fields)));
  const SegmentProgress sum =
      walk(model.table, [&](dynamodb::ItemView row) { return claims.claim(row); });
  if (sum.refused == 0) return;
  enter(part, 0);  // the next run looks at all rows again
  std::string text = std::to_string(sum.refused) +
                     (sum.refused == 1 ? " row shares a value" : " rows share values") +
                     " that must be unique. Change or delete them, and run the migration again:";
  const auto lines = claims.duplicates();
  for (const std::string& line : lines) text += "\n  " + line;
  if (lines.size() < sum.refused)
    text += "\n  and " + std::to_string(sum.refused - lines.size()) + " more";
  throw MigrationError(text);
}

void OperationRunner::remove_unique(const ModelState& model, const UniqueState& unique) {
  const ModelInfo* info = compiled(model);
  walk_claims(claim_prefixes(model.table, unique.fields), [&](dynamodb::ItemView claim) {
    if (!names_no_set(model.table, claim.find("pk")->text())) return remove_claim(claim);
    // Of this set or of another: those that the program's sets do not have.
    return info ? UniqueClaims(control_, model, unique, *info).sweep(claim) : Visit::unchanged;
  });
}

void OperationRunner::walk_claims(const std::vector<std::string>& prefixes,
                                  const std::function<Visit(dynamodb::ItemView)>& visit) {
  const std::string table(kClaimsTable);
  if (describe_table(control_, table)) walk(table, visit, claims_filter(prefixes));
}

Visit OperationRunner::remove_claim(dynamodb::ItemView claim) {
  const dynamodb::DeleteItemRequest request{.table = control_.connection().table(kClaimsTable),
                                            .key = {{"pk", dynamodb::unpack(*claim.find("pk"))}}};
  const auto result = control_.call({.write = write_units(dynamodb::item_size(claim))}, false,
                                    [&] { return control_.client().delete_item(request); });
  if (!result) throw DatabaseError(result.error(), "DeleteItem of unique values");
  return Visit::written;
}

void OperationRunner::rewrite(const ModelState& model, const Operation& op,
                              const ProjectState& before) {
  const ModelInfo* info = compiled(model);
  RewriteOptions options{
      .table = model.table,
      .partition = model.partition,
      .sort = model.sort,
      .change = row_changer(op, context_.migration->id.app, before, functions(), registry_),
      .reads_whole_row = reads_whole_row(op)};
  if (info) {
    // Computed attributes go along with what they are computed of.
    options.reads_whole_row = options.reads_whole_row || !info->computed.empty();
    if (info->version && model.find_field(info->version->attribute))
      options.version = std::string(info->version->attribute);
    options.compiled = info;
    if (!model.unique.empty()) options.model = &model;
  }
  const RowRewriter rewriter(control_, std::move(options));
  walk(model.table, [&](dynamodb::ItemView row) { return rewriter.visit(row); });
}

// The computed attributes of a table that was there before its migrations.
void OperationRunner::recompute(const ModelState& model) {
  if (!compiled(model)) return;
  for (const FieldState& field : model.fields)
    if (field.computed) rewrite(model, RecomputeField{model.name, field.name}, after_);
}

void OperationRunner::run_once(const RunFunction& op) {
  const WholeFunction function = functions().whole(op.function);
  control_.check();
  MigrationContext context{control_.connection(), after_, context_.backwards};
  try {
    function(context);
  } catch (const Interrupted&) {
    throw;
  } catch (const LeaseLost&) {
    throw;
  } catch (const std::exception& error) {
    throw MigrationError(error.what());  // the migration's name goes with it
  }
}

SegmentProgress OperationRunner::walk(const std::string& table,
                                      const std::function<Visit(dynamodb::ItemView)>& visit,
                                      dynamodb::Condition filter) {
  const std::size_t part = part_++;
  MigrationRecord at = record_.current();
  if (at.part > part) return {};
  if (at.part < part || at.segments.empty()) {
    // As many as have room in a record that can be written within the budget.
    constexpr double kSegmentBytes = 128;  // with the key of a UUID
    const double write = options_.budget.write;
    const double room = write > 0 ? (write - 1) * 1024 / kSegmentBytes : 64;
    const auto most = static_cast<std::size_t>(std::clamp(room, 1.0, 64.0));
    enter(part, std::clamp<std::size_t>(options_.segments, 1, most));
    at = record_.current();
  }
  const auto segments = walk_table(
      control_,
      {.what = title(context_),
       .table = table,
       .filter = std::move(filter),
       .visit = visit,
       .save = [&](std::size_t i, const SegmentProgress& progress) { record_.save(i, progress); },
       .progress = options_.progress},
      at.segments);
  SegmentProgress sum;
  for (const auto& s : segments) {
    sum.rows += s.rows;
    sum.written += s.written;
    sum.refused += s.refused;
  }
  return sum;
}

void OperationRunner::enter(std::size_t part, std::size_t segments) {
  record_.enter(context_.index, record_.current().done_hash,
                {.part = part,
                 .segments = segments,
                 .building = indexes_in_work(),
                 .hash = hash_of(*context_.migration, context_.index + 1)});
}

// Those that need none do nothing without it.
bool OperationRunner::lacks_its_table() const {
  const Operation& o = context_.operation;
  const bool needs_it = !work_of(o).nothing() && !std::holds_alternative<CreateTable>(o) &&
                        !std::holds_alternative<DeleteTable>(o) &&
                        !std::holds_alternative<RemoveIndex>(o) &&
                        !std::holds_alternative<RemoveUnique>(o);
  return needs_it && !describe_table(control_, model().table);
}

// Whether the operation is no longer what a run before this one walked for: the rows behind its
// segments have what it was then.
bool OperationRunner::was_edited() const {
  const MigrationRecord at = record_.current();
  const bool walked = at.part > 0 || !at.segments.empty();
  return walked && at.work_hash != hash_of(*context_.migration, context_.index + 1);
}

// Those that do not have all their entries before the operation is done.
std::vector<std::string> OperationRunner::indexes_in_work() const {
  const auto* create = std::get_if<CreateTable>(&context_.operation);
  std::set<std::string> names;
  if (!create) {
    names = indexes_of(context_.operation, context_.migration->id.app, context_.before);
  } else {  // of a table that was there, those of computed attributes; others are whole from their
            // start
    for (const IndexState& i : create->model.indexes) {
      const auto computed = [&](const FieldState& f) { return f.computed && i.uses(f.name); };
      if (std::any_of(create->model.fields.begin(), create->model.fields.end(), computed))
        names.insert(create->model.table + "/" + i.name);
    }
  }
  return {names.begin(), names.end()};
}

void OperationRunner::set_ready(bool ready) const {
  for (const std::string& name :
       indexes_of(context_.operation, context_.migration->id.app, context_.before)) {
    const auto slash = name.find('/');
    control_.connection().set_index_ready(name.substr(0, slash), name.substr(slash + 1), ready);
  }
}

}  // namespace dynamo_backend::migrations
