#include "dynamo_backend/registry.h"

#include <algorithm>

#include "dynamo_backend/text.h"

namespace dynamo_backend {
namespace {

bool same_label(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

}  // namespace

Registry& Registry::instance() {
  static Registry registry;
  return registry;
}

void Registry::add(const ModelInfo& model) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(models_.begin(), models_.end(), &model) != models_.end()) return;
    models_.push_back(&model);
  }
  for (const auto& join : model.joins) add(*join);
}

std::vector<const ModelInfo*> Registry::models() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

const ModelInfo* Registry::find(std::string_view label) const {
  for (const ModelInfo* m : models()) {
    if (same_label(m->label(), label)) return m;
  }
  return nullptr;
}

std::vector<Registry::Reference> Registry::references_to(const ModelInfo& model) const {
  std::vector<Reference> out;
  for (const ModelInfo* m : models()) {
    for (const FieldInfo& f : m->fields) {
      if (is_relation(f.kind) && f.target && &f.target() == &model) out.push_back({m, &f});
    }
  }
  return out;
}

const std::vector<Registry::LinkCopy>& Registry::link_copies_of(const ModelInfo& join) const {
  static const std::vector<LinkCopy> none;
  const std::lock_guard lock(mutex_);
  if (copied_models_ != models_.size()) {
    auto copies = std::make_shared<LinkCopies>();
    for (const ModelInfo* m : models_) {
      for (const FieldInfo& f : m->fields) {
        if (f.keys_in.empty()) continue;
        const ModelInfo* through = m->join_of(f);
        (*copies)[through].push_back({m, &m->by_member(f.keys_in), through, join_keys(*m, f)});
      }
    }
    link_copies_.push_back(std::move(copies));  // what was handed out before lives on
    copied_models_ = models_.size();
  }
  if (link_copies_.empty()) return none;
  const auto at = link_copies_.back()->find(&join);
  return at == link_copies_.back()->end() ? none : at->second;
}

std::optional<Registry::Reference> Registry::find_reverse(const ModelInfo& model,
                                                          std::string_view name) const {
  for (const ModelInfo* m : models()) {
    for (const FieldInfo& f : m->fields) {
      if (f.target && &f.target() == &model && reverse_name(*m, f) == name && !name.empty())
        return Reference{m, &f};
    }
  }
  return std::nullopt;
}

std::string reverse_name(const ModelInfo& model, const FieldInfo& field) {
  if (field.related_name.ends_with('+') || !model.row.make) return {};
  if (!field.related_name.empty()) return std::string(field.related_name);
  return ascii_lower(model.name);
}

}  // namespace dynamo_backend
