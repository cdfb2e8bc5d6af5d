#include "web/context.h"

#include <cstring>  // which ctemplate's headers use

#include <ctemplate/template_dictionary.h>

#include "base/json_writer.h"
#include "web/detail/template_values.h"

namespace web {
namespace {

ctemplate::TemplateString borrowed(std::string_view text) {
  return ctemplate::TemplateString(text.data(), text.size());
}

}  // namespace

Context::Context()
    : owned_(std::make_unique<ctemplate::TemplateDictionary>("page")), dictionary_(owned_.get()) {}
Context::Context(ctemplate::TemplateDictionary* turn) : dictionary_(turn) {}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;

Context& Context::set(std::string_view name, std::string_view text) {
  return set_tagged(name, detail::kText, text);
}

Context& Context::set(std::string_view name, const SafeHtml& markup) {
  return set_tagged(name, detail::kMarkup, markup.str());
}

Context& Context::set_number(std::string_view name, const std::string& digits) {
  return set_tagged(name, detail::kNumber, digits);
}

Context& Context::set_json(std::string_view name, const base::Json& value) {
  base::JsonWriter writer;
  writer.value(value);
  return set_tagged(name, detail::kJson, writer.text());
}

Context& Context::set_tagged(std::string_view name, char tag, std::string_view value) {
  std::string tagged;
  tagged.reserve(value.size() + 1);
  tagged += tag;
  tagged += value;
  if (fallback_)
    dictionary_->SetTemplateGlobalValue(borrowed(name), borrowed(tagged));
  else
    dictionary_->SetValue(borrowed(name), borrowed(tagged));
  return *this;
}

Context& Context::show(std::string_view section, bool shown) {
  if (!shown) return *this;
  if (fallback_)
    dictionary_->ShowTemplateGlobalSection(borrowed(section));
  else
    dictionary_->ShowSection(borrowed(section));
  return *this;
}

Context Context::add(std::string_view section) {
  return Context(dictionary_->AddSectionDictionary(borrowed(section)));
}

}  // namespace web
