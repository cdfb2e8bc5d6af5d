#include "dynamo_backend/search/local/detail/analyzer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dynamo_backend/search/local/detail/rank.h"

namespace dynamo_backend::search::detail {
namespace {

constexpr std::size_t kLongestWord = 64;  // in bytes; longer ones are no vocabulary
using TokenCallback = int (*)(void*, int, const char*, int, int, int);

// Letters that Unicode does not take apart into a base letter and an accent. (As Lucene's
// ASCIIFoldingFilter folds them.)
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kLetters{{{"ß", "ss"},
                                                                                  {"æ", "ae"},
                                                                                  {"œ", "oe"},
                                                                                  {"ø", "o"},
                                                                                  {"đ", "d"},
                                                                                  {"ð", "d"},
                                                                                  {"þ", "th"},
                                                                                  {"ł", "l"},
                                                                                  {"ħ", "h"},
                                                                                  {"ı", "i"}}};

std::string fold_letters(std::string_view token) {
  std::string out;
  while (!token.empty()) {
    const auto at = std::find_if(kLetters.begin(), kLetters.end(),
                                 [&](const auto& l) { return token.starts_with(l.first); });
    if (at == kLetters.end()) {
      out += token.front();
      token.remove_prefix(1);
    } else {
      out += at->second;
      token.remove_prefix(at->first.size());
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// One of FTS5's own tokenizers, with its arguments.
class Tokenizer {
 public:
  Tokenizer(fts5_api* api, const char* name, std::vector<const char*> arguments) {
    void* context = nullptr;
    int result = api->xFindTokenizer(api, name, &context, &functions_);
    if (result == SQLITE_OK)
      result = functions_.xCreate(context, arguments.data(), static_cast<int>(arguments.size()),
                                  &tokenizer_);
    if (result != SQLITE_OK)
      throw SqliteError(result, std::string("FTS5 has no tokenizer ") + name);
  }
  ~Tokenizer() { functions_.xDelete(tokenizer_); }
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  int run(void* context, int flags, const char* text, int size, TokenCallback take) const {
    return functions_.xTokenize(tokenizer_, context, flags, text, size, take);
  }
  // The only token of a word; empty where there is none, or more than one.
  std::string token_of(std::string_view word) const {
    std::vector<std::string> tokens;
    const auto take = [](void* out, int, const char* token, int size, int, int) {
      static_cast<std::vector<std::string>*>(out)->emplace_back(token,
                                                                static_cast<std::size_t>(size));
      return SQLITE_OK;
    };
    run(&tokens, FTS5_TOKENIZE_QUERY, word.data(), static_cast<int>(word.size()), take);
    return tokens.size() == 1 ? tokens.front() : std::string();
  }

 private:
  fts5_tokenizer functions_{};
  Fts5Tokenizer* tokenizer_ = nullptr;
};

}  // namespace

struct Analyzer::Impl {
  explicit Impl(fts5_api* api) : words(api, "unicode61", {"remove_diacritics", "2"}) {
    fts5_tokenizer functions{&Impl::create, &Impl::destroy, &Impl::tokenize};
    const int result = api->xCreateTokenizer(api, "ddb", this, &functions, nullptr);
    if (result != SQLITE_OK) throw SqliteError(result, "FTS5 takes no tokenizer");
    folded.emplace(api, "ddb", std::vector<const char*>{});
    stems.emplace(api, "porter", std::vector<const char*>{"ddb"});
  }

  // ---- the tokenizer `ddb`: every instance is this one
  static int create(void* self, const char**, int, Fts5Tokenizer** out) {
    *out = static_cast<Fts5Tokenizer*>(self);
    return SQLITE_OK;
  }
  static void destroy(Fts5Tokenizer*) {}
  static int tokenize(Fts5Tokenizer* self, void* context, int flags, const char* text, int size,
                      TokenCallback take) {
    Pass pass{reinterpret_cast<Impl*>(self), context, take, (flags & FTS5_TOKENIZE_DOCUMENT) != 0};
    return pass.impl->words.run(&pass, flags, text, size, &Impl::pass_on);
  }

  struct Pass {
    Impl* impl;
    void* context;
    TokenCallback take;
    bool of_document;
  };
  static int pass_on(void* context, int flags, const char* token, int size, int begin, int end) {
    const Pass& pass = *static_cast<Pass*>(context);
    const std::string_view word(token, static_cast<std::size_t>(size));
    if (!is_ascii(word)) {
      const std::string folded_word = fold_letters(word);
      pass.impl->note(pass, folded_word);
      return pass.take(pass.context, flags, folded_word.data(),
                       static_cast<int>(folded_word.size()), begin, end);
    }
    pass.impl->note(pass, word);
    return pass.take(pass.context, flags, token, size, begin, end);
  }
  void note(const Pass& pass, std::string_view word) {
    if (!pass.of_document || !found || word.size() > kLongestWord) return;
    text.assign(word);
    if (known->count(text) == 0) found->insert(text);
  }

  Tokenizer words;
  std::optional<Tokenizer> folded{}, stems{};
  const WordSet* known = nullptr;
  WordSet* found = nullptr;
  std::string text{};  // kept for its memory
};

Analyzer::Analyzer(Database& db) : impl_(std::make_unique<Impl>(fts5_api_of(db))) {}
Analyzer::~Analyzer() = default;

std::string Analyzer::fold(std::string_view word) const { return impl_->folded->token_of(word); }
std::string Analyzer::stem(std::string_view word) const { return impl_->stems->token_of(word); }

void Analyzer::collect(const WordSet* known, WordSet* found) {
  impl_->known = known;
  impl_->found = found;
}

}  // namespace dynamo_backend::search::detail
