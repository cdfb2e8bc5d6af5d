// ModelForm: a form whose fields are a model's, for one row, new or stored.
//
//   Post post = Post::objects.get(pk);
//   forms::ModelForm form(post, {.fields = {"title", "body", "labels"}});
//   if (request.method() == "POST" && form.bind(web::form(request)) && form.save())
//     return web::Response::redirect(url, 303);
//
// bind() sets what was sent on the row and validates the row as a whole, with the model's clean().
// A row whose form is not valid holds some of it: it is not to be saved. Fields that are not in the
// form cannot be set through it, whatever is sent.
//
// Where the model has a VersionField, the form carries the version that it showed, and does not
// save over what another has written meanwhile; shown again, it would.
//
// Keys that the form takes are looked up: a row that is not there is no choice.
//
// Thread safety: one thread at a time. The row outlives the form.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/registry.h"
#include "forms/form.h"

namespace forms {

// Rows of a model to choose from; more than `limit` where there are too many.
using ChoiceLoader =
    std::function<std::vector<Choice>(const dynamo_backend::ModelInfo& model, std::size_t limit)>;

struct ModelFormOptions {
  std::vector<std::string> fields{};  // attributes, in this order; empty: all editable ones
  std::vector<std::string> exclude{};
  std::vector<std::string>
      read_only{};  // shown; also keys, times and versions, which are no others
  // Foreign keys and many-to-manys of models with up to so many rows are lists to choose from, with
  // more a key to enter. 0: always a key.
  std::size_t max_choices = 200;
  ChoiceLoader choices{};  // default: row_choices()
  std::string prefix{};
};

class ModelForm : public Form {
 public:
  // Throws FieldError for an unknown name, with the choices.
  ModelForm(const dynamo_backend::ModelInfo& model, void* row, ModelFormOptions options = {});
  template <class T>
  explicit ModelForm(T& row, ModelFormOptions options = {})
      : ModelForm(dynamo_backend::model_info<T>(), &row, std::move(options)) {}

  const dynamo_backend::ModelInfo& model() const { return model_; }
  void* row() const { return row_; }
  bool is_new() const { return is_new_; }  // the row was, when the form was made

  bool bind(const web::FormData& data) override;
  // Whether the row was changed by another since the form was shown.
  bool is_conflict() const { return conflict_; }

  // Saves the row and its many-to-manys. False where the database refuses: a value that another row
  // has, a conflict; the errors say so. REQUIRES: is_valid().
  bool save();
  // The parts of save(), for those that save otherwise.
  void save_many();
  void add_errors(const dynamo_backend::ValidationError& errors);

 private:
  void check_version();
  void apply();
  void check_keys();
  void validate();

  const dynamo_backend::ModelInfo& model_;
  void* const row_;
  const bool is_new_;
  bool conflict_ = false;
};

}  // namespace forms
