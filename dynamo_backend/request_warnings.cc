// The sentences about N+1, each with the line that mends it.
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope_impl.h"

namespace dynamo_backend {
namespace {

std::string place(const Origin& origin) {
  const char* file = origin.at.file_name();
  if (!file || origin.at.line() == 0) return {};
  std::string_view name(file);
  name = name.substr(name.rfind('/') + 1);
  return " (" + std::string(name) + ":" + std::to_string(origin.at.line()) + ")";
}

// .prefetch("posts"), and typed.
std::string prefetch_line(const ModelInfo& owner, const FieldInfo& field, bool reverse) {
  const std::string typed = ".prefetch<&" + owner.name + "::" + std::string(field.member) + ">()";
  const std::string name = reverse ? reverse_name(owner, field) : std::string(field.attribute);
  const ModelInfo& start = reverse ? field.target() : owner;
  // From a model to itself the typed form leads forwards.
  const bool only_by_name = reverse && &owner == &field.target();
  if (only_by_name && name.empty())
    return "give " + owner.name + "." + std::string(field.attribute) +
           " a .related_name, and prefetch() it";
  std::string line = name.empty() ? "add " + typed : "add .prefetch(\"" + name + "\")";
  line += " to the queryset of " + start.name;
  if (!name.empty() && !only_by_name) line += ", or " + typed;
  return line;
}

std::string times(const Suspect& s, const std::string& what) {
  return "N+1: " + std::to_string(s.count) + " " + what;
}

std::string about_key(const Suspect& s, const std::set<const ModelInfo*>& seen) {
  if (s.values.size() == 1)
    return times(s, "reads of one " + s.model->name +
                        " by the same key: keep it in a variable, or that it is not there.");
  std::string text = times(s, "reads of one " + s.model->name + " each, by key: ");
  for (const ModelInfo* model : seen) {
    for (const FieldInfo& f : model->fields) {
      if (!is_relation(f.kind) || &f.target() != s.model) continue;
      return text + "add .select_related(\"" + std::string(f.attribute) +
             "\") to the queryset of " + model->name + ", or read them at once by " +
             s.model->name + "::objects.in_bulk(keys).";
    }
  }
  return text + "read them at once by " + s.model->name + "::objects.in_bulk(keys).";
}

}  // namespace

std::string describe_suspect(const Suspect& s, const std::set<const ModelInfo*>& seen) {
  if (s.values.size() == 1 && !s.by_key) {
    return times(s, "times the same query of " + s.model->name) + place(s.origin) +
           ": keep its rows in a variable.";
  }
  if (s.by_key) return about_key(s, seen);
  if (s.origin.field) {
    const Origin& o = s.origin;
    const ModelInfo& start = o.reverse ? o.field->target() : *o.owner;
    const std::string many = o.owner->name + "." + std::string(o.field->attribute);
    std::string text = times(s, "queries for the " + s.model->name + " rows of one " + start.name +
                                    " each, by " + many) +
                       place(o) + ": " + prefetch_line(*o.owner, *o.field, o.reverse);
    if (s.filtered) text += ", and choose among its rows in C++";
    return text + ".";
  }
  if (s.foreign_key) {
    return times(s, "queries of " + s.model->name + " by " + std::string(s.foreign_key->attribute) +
                        ": ") +
           prefetch_line(*s.model, *s.foreign_key, true) + ", or ask once with f<&" +
           s.model->name + "::" + std::string(s.foreign_key->member) + ">.in(…).";
  }
  return times(s, "queries of " + s.model->name + " in one form: ask once, with in(…).");
}

}  // namespace dynamo_backend
