#include "dynamo_backend/search/words.h"

#include <algorithm>
#include <cstdint>

#include <utf8proc.h>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/text.h"
#include "dynamo_backend/unicode.h"

namespace dynamo_backend::search {
namespace {

const utf8proc_uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    utf8proc_int32_t code = 0;
    const auto size =
        utf8proc_iterate(bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &code);
    if (size > 0)
      out += text.substr(0, static_cast<std::size_t>(size));
    else
      out += "\xEF\xBF\xBD";
    text.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 1);
  }
  return out;
}

bool is_word_character(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return is_letter_or_digit(code);
  }
}

bool is_ascii_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <class Fn>
void for_each_word(std::string_view text, const Fn& fn) {
  std::size_t begin = 0, at = 0;
  while (at < text.size()) {
    std::size_t step = 1;
    bool in_word = is_ascii_word_character(text[at]);
    if (static_cast<unsigned char>(text[at]) >= 0x80) {
      utf8proc_int32_t code = 0;
      const std::string_view rest = text.substr(at);
      const auto size =
          utf8proc_iterate(bytes(rest), static_cast<utf8proc_ssize_t>(rest.size()), &code);
      in_word = size > 0 && is_word_character(code);
      if (size > 0) step = static_cast<std::size_t>(size);
    }
    if (!in_word) {
      if (at > begin) fn(text.substr(begin, at - begin));
      begin = at + step;
    }
    at += step;
  }
  if (at > begin) fn(text.substr(begin));
}

// U+0300 to U+036F, which some engines take for a part of the word and others for its end.
void drop_accents(std::string& text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (byte(at) == 0xCC || (byte(at) == 0xCD && byte(at + 1) < 0xB0))
      ++at;
    else
      text[kept++] = text[at];
  }
  text.resize(kept);
}

std::u32string characters(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    utf8proc_int32_t code = 0;
    const auto size =
        utf8proc_iterate(bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &code);
    out += static_cast<char32_t>(size > 0 ? code : 0xFFFD);
    text.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 1);
  }
  return out;
}

}  // namespace

std::string indexable_text(std::string_view text) {
  std::string out(text);
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    out = normalised(is_valid_utf8(text) ? out : valid_utf8(text), NormalForm::nfc);
    drop_accents(out);
  }
  std::erase_if(out, [](char c) { return c == kMarkBegin || c == kMarkEnd || c == '\0'; });
  return out;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for_each_word(text, [&](std::string_view word) { words.push_back(word); });
  return words;
}

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  for_each_word(text, [&](std::string_view) { ++count; });
  return count;
}

// The optimal string alignment distance, three rows at a time.
std::size_t edit_distance(std::string_view first, std::string_view second, std::size_t most) {
  const std::u32string a = characters(first), b = characters(second);
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > most) return most + 1;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > most) return most + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min(last[b.size()], most + 1);
}

}  // namespace dynamo_backend::search
