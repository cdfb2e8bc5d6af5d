// CallLedger: the calls to the database, the search server and the identity provider that a thread
// starts while the ledger lives, each with what it took: for the debug panel, for the price of a
// page and for tests' bounds.
//
//   base::CallLedger ledger;
//   view(request);
//   for (const base::CallLedger::Call& call : ledger.calls()) …
//
// Ledgers nest: a call is in every ledger of the thread that starts it. Without one a call costs a
// look at a thread-local pointer.
// Thread safety: made and destroyed on one thread, the last made first; calls() from any.
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace base {

class CallLedger {
 public:
  // What a call's answer says of it.
  struct Outcome {
    std::size_t items = 0;     // returned or written
    std::size_t examined = 0;  // rows that were read for them
    double read_units = 0, write_units = 0;
    std::string error{};    // empty: it succeeded
    bool answered = false;  // it has ended
    bool repeated = false;  // answered by what this request had read before: no call was made
    std::chrono::nanoseconds time{};
  };
  struct Call {
    std::string service{};    // "dynamodb", "search", "cognito"
    std::string operation{};  // "Query", as its API names it
    std::string target{};     // the table or index; empty where there is none
    std::string index{};      // of the table; empty: the table itself
    std::chrono::steady_clock::time_point started{};
    std::function<std::string()> request{};  // its text on the wire, made when asked for
    std::shared_ptr<const void> place{};     // what Options::place gave
    int retries = 0;
    Outcome outcome{};
  };
  struct State;
  // A ledger's calls, for as long as they are wanted: nothing is copied, and a call that was under
  // way when the ledger went is told of as it ended.
  // Thread safety: any thread.
  class Calls {
   public:
    // Shows each call, in the order of their starts. REQUIRES: `see` starts no call.
    void each(const std::function<void(const Call&)>& see) const;
    std::size_t dropped() const;                // calls beyond Options::most
    std::vector<std::string> warnings() const;  // what warn() was given, each once

   private:
    friend class CallLedger;
    std::shared_ptr<State> state_{};
  };
  struct Options {
    // Where the program stands, as its maker wants to keep it; called at the start of each call.
    std::shared_ptr<const void> (*place)() = nullptr;
    bool requests = false;      // keep Call::request, which copies the request
    std::size_t most = 10'000;  // calls that are kept; further ones are counted as dropped
  };

  CallLedger() : CallLedger(Options()) {}
  explicit CallLedger(Options options);
  ~CallLedger();
  CallLedger(const CallLedger&) = delete;
  CallLedger& operator=(const CallLedger&) = delete;

  std::vector<Call> calls() const;  // in the order of their starts
  Calls share() const;
  // Those of this thread's ledger; none where it has none.
  static Calls innermost();

  // ---- for those who make the calls
  class Entry;
  // Whether this thread has a ledger, and one that keeps requests.
  static bool on() { return innermost_ != nullptr; }
  static bool keeps_requests();
  // REQUIRES: on(). `request` may be empty.
  static Entry start(std::string service, std::string operation, std::string target,
                     std::string index = {}, std::function<std::string()> request = {});

  // The entry that this thread started last, while it has not ended: for what tries again below.
  static std::optional<Entry> under_way();
  // Says something of what the thread asks; nothing, where there is no ledger.
  static void warn(const std::string& text);

  // Has a thread count for another one's ledgers, for as long as it lives.
  static std::shared_ptr<State> current();  // nullptr: nobody counts
  class Lent {
   public:
    explicit Lent(const std::shared_ptr<State>& state);  // outlives it; nullptr: none
    explicit Lent(std::shared_ptr<State>&&) = delete;
    explicit Lent(const Calls& calls) : Lent(calls.state_) {}
    explicit Lent(Calls&&) = delete;
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    const std::shared_ptr<State>* before_;
  };

 private:
  std::shared_ptr<State> state_;
  const std::shared_ptr<State>* outer_;
  static thread_local const std::shared_ptr<State>* innermost_;
};

// A call that is under way. Its end may come on another thread, after the ledger's own.
class CallLedger::Entry {
 public:
  void end(Outcome outcome) const;  // `time` is filled in
  void retried() const;

 private:
  friend class CallLedger;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace base
