// Registry: the models of the process. Each app lists its own in one function: `void
// models(Registry& r) { r.add<Post>(); … }`.
//
// Needed for what goes from a row to the rows that point to it (deletion, related names), for
// tables at start-up, the admin and migrations. Creating a model's table adds it, too.
// Thread safety: any thread.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

template <class T>
const ModelInfo& model_info();

class Registry {
 public:
  // The process's registry, the only global beside the current Connection.
  static Registry& instance();

  template <class T>
  void add() {
    add(model_info<T>());
  }
  void add(const ModelInfo& model);  // and its automatic join tables; adding again changes nothing

  std::vector<const ModelInfo*> models() const;  // in the order added
  const ModelInfo* find(
      std::string_view label) const;  // "demo_app.Post", in any case; nullptr: none

  // A foreign key of a registered model that points to `model`.
  struct Reference {
    const ModelInfo* model;
    const FieldInfo* field;
  };
  std::vector<Reference> references_to(const ModelInfo& model) const;
  // A set of `model` that keeps the keys of what `join` links (link_copies.h).
  struct LinkCopy {
    const ModelInfo* model;
    const FieldInfo* set;
    const ModelInfo* join;
    JoinKeys keys;
  };
  // Stays as it is for as long as the process runs.
  const std::vector<LinkCopy>& link_copies_of(const ModelInfo& join) const;
  // The relation (many-to-many included) that `model` knows by reverse_name() `name`.
  std::optional<Reference> find_reverse(const ModelInfo& model, std::string_view name) const;

 private:
  mutable std::mutex mutex_;
  std::vector<const ModelInfo*> models_;
  // By join model, of the models in models_; made anew where a model is added.
  using LinkCopies = std::map<const ModelInfo*, std::vector<LinkCopy>>;
  mutable std::vector<std::shared_ptr<const LinkCopies>> link_copies_;
  mutable std::size_t copied_models_ = 0;
};

// The name by which lookups and prefetch() follow `field` of `model` backwards: its related_name,
// else the model's name in lower case. Empty: a related_name of "+", or a join table's key.
std::string reverse_name(const ModelInfo& model, const FieldInfo& field);

}  // namespace dynamo_backend
