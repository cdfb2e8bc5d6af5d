#include "base/call_ledger.h"

#include <algorithm>
#include <mutex>

namespace base {

thread_local const std::shared_ptr<CallLedger::State>* CallLedger::innermost_ = nullptr;

struct CallLedger::Entry::Shared {
  std::mutex mutex{};
  Call call{};
};

namespace {
// Of the thread's last start().
thread_local std::weak_ptr<void> latest;
}  // namespace

struct CallLedger::State {
  Options options{};
  std::shared_ptr<State> outer{};
  std::mutex mutex{};
  std::vector<std::shared_ptr<Entry::Shared>> entries{};
  std::vector<std::string> warnings{};
  std::size_t dropped = 0;
};

CallLedger::CallLedger(Options options) : state_(std::make_shared<State>()), outer_(innermost_) {
  state_->options = options;
  state_->entries.reserve(4);  // many a request has no more
  if (outer_) state_->outer = *outer_;
  innermost_ = &state_;
}

CallLedger::~CallLedger() { innermost_ = outer_; }

void CallLedger::Calls::each(const std::function<void(const Call&)>& see) const {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  for (const auto& entry : state_->entries) {
    const std::lock_guard of_entry(entry->mutex);
    see(entry->call);
  }
}

std::size_t CallLedger::Calls::dropped() const {
  if (!state_) return 0;
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

std::vector<std::string> CallLedger::Calls::warnings() const {
  if (!state_) return {};
  const std::lock_guard lock(state_->mutex);
  return state_->warnings;
}

CallLedger::Calls CallLedger::share() const {
  Calls calls;
  calls.state_ = state_;
  return calls;
}

CallLedger::Calls CallLedger::innermost() {
  Calls calls;
  calls.state_ = current();
  return calls;
}

std::vector<CallLedger::Call> CallLedger::calls() const {
  std::vector<Call> out;
  share().each([&out](const Call& call) { out.push_back(call); });
  return out;
}

void CallLedger::warn(const std::string& text) {
  for (State* s = innermost_ ? innermost_->get() : nullptr; s; s = s->outer.get()) {
    const std::lock_guard lock(s->mutex);
    if (std::find(s->warnings.begin(), s->warnings.end(), text) == s->warnings.end())
      s->warnings.push_back(text);
  }
}

bool CallLedger::keeps_requests() {
  for (const State* s = innermost_ ? innermost_->get() : nullptr; s; s = s->outer.get()) {
    if (s->options.requests) return true;
  }
  return false;
}

CallLedger::Entry CallLedger::start(std::string service, std::string operation, std::string target,
                                    std::string index, std::function<std::string()> request) {
  Entry entry;
  entry.shared_ = std::make_shared<Entry::Shared>();
  Call& call = entry.shared_->call;
  call.service = std::move(service);
  call.operation = std::move(operation);
  call.target = std::move(target);
  call.index = std::move(index);
  call.request = std::move(request);
  call.started = std::chrono::steady_clock::now();
  for (State* s = innermost_->get(); s; s = s->outer.get()) {
    if (s->options.place && !call.place) call.place = s->options.place();
    const std::lock_guard lock(s->mutex);
    if (s->entries.size() < s->options.most)
      s->entries.push_back(entry.shared_);
    else
      ++s->dropped;
  }
  latest = entry.shared_;
  return entry;
}

std::optional<CallLedger::Entry> CallLedger::under_way() {
  if (!on()) return std::nullopt;
  Entry entry;
  entry.shared_ = std::static_pointer_cast<Entry::Shared>(latest.lock());
  if (!entry.shared_) return std::nullopt;
  const std::lock_guard lock(entry.shared_->mutex);
  if (entry.shared_->call.outcome.answered) return std::nullopt;
  return entry;
}

void CallLedger::Entry::retried() const {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->call.retries;
}

void CallLedger::Entry::end(Outcome outcome) const {
  const std::lock_guard lock(shared_->mutex);
  outcome.answered = true;
  outcome.time = std::chrono::steady_clock::now() - shared_->call.started;
  shared_->call.outcome = std::move(outcome);
}

std::shared_ptr<CallLedger::State> CallLedger::current() {
  return innermost_ ? *innermost_ : nullptr;
}

CallLedger::Lent::Lent(const std::shared_ptr<State>& state) : before_(innermost_) {
  innermost_ = state ? &state : nullptr;
}
CallLedger::Lent::~Lent() { innermost_ = before_; }

}  // namespace base
