#include "net/http_client.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "net/detail/transfer.h"
#include "net/text.h"

namespace net {
namespace {

using detail::Transfer;

// Reading libcurl's and OpenSSL's tables is left to the first client: nothing happens while statics
// are made, and a static client is destroyed before OpenSSL's own clean-up.
void initialise_curl() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

constexpr std::size_t kKeptHandles = 64;
constexpr auto kLongestWait = std::chrono::seconds(60);

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const& {
  for (std::string_view rest = header_lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name))
      return line.substr(std::min(colon + 2, line.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return std::nullopt;
}

std::optional<base::Timestamp> ClientResponse::date() const {
  const auto text = header("Date");
  const std::time_t seconds = text ? curl_getdate(std::string(*text).c_str(), nullptr) : -1;
  if (seconds == -1) return std::nullopt;
  return base::Timestamp(std::chrono::seconds(seconds));
}

void throw_exception_from_error(const ClientError& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

// One thread at a time drives all transfers: a caller that waits for its own, so that nobody has to
// be woken up for it, or else the client's thread. What has a completion is finished by the
// client's thread whoever drives: a caller's thread may hold locks, and scopes that are the
// request's.
class HttpClient::Impl {
 public:
  explicit Impl(ClientOptions options) : options_(std::move(options)) {
    initialise_curl();
    multi_ = ::curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    ::curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                        static_cast<long>(options_.connections_per_host));
    ::curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    stop();
    thread_.join();
    for (CURL* handle : spare_) ::curl_easy_cleanup(handle);
    ::curl_multi_cleanup(multi_);
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake();
  }

  void send(ClientRequest request, Completion completion) {
    auto transfer = std::make_unique<Transfer>(std::move(request), std::move(completion));
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      return transfer->complete(stopped());
    }
    arrived_.push_back(std::move(transfer));
    wake();
  }

  ClientOutcome send(ClientRequest request) {
    std::condition_variable changed;
    std::optional<ClientOutcome> result;  // guarded by mutex_
    auto transfer = std::make_unique<Transfer>(std::move(request), [&](ClientOutcome outcome) {
      // Notified under the lock: these live no longer than this call.
      const std::lock_guard lock(mutex_);
      result.emplace(std::move(outcome));
      changed.notify_one();
    });
    transfer->is_waited_for = true;
    std::unique_lock lock(mutex_);
    if (stopping_) return stopped();
    arrived_.push_back(std::move(transfer));
    if (driver_ == std::thread::id()) {
      drive(lock, [&] { return result.has_value(); });
    } else {
      wake();
      changed.wait(lock, [&] { return result.has_value(); });
    }
    return std::move(*result);
  }

 private:
  struct Finished {
    std::unique_ptr<Transfer> transfer;
    ClientOutcome outcome;
  };

  static ClientError stopped() {
    return {ClientErrorKind::stopped, false, "the HTTP client is stopping"};
  }

  // REQUIRES: mutex_ is held, and nobody else drives
  bool has_transfers() const { return !arrived_.empty() || !active_.empty(); }
  // Wakes up who drives, or is to. REQUIRES: mutex_ is held
  void wake() {
    if (driver_ == std::thread::id())
      changed_.notify_one();
    else if (driver_ != std::this_thread::get_id())
      ::curl_multi_wakeup(multi_);
  }

  void run() {
    // Signals are for the program's own threads.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] {
        return !finished_.empty() ||
               (driver_ == std::thread::id() && (stopping_ || has_transfers()));
      });
      if (!finished_.empty()) {
        complete_finished(lock);
      } else if (has_transfers()) {
        drive(lock, [this] { return !has_transfers(); });
      } else {
        return;
      }
    }
  }

  void complete_finished(std::unique_lock<std::mutex>& lock) {
    std::vector<Finished> finished;
    finished.swap(finished_);
    lock.unlock();
    for (Finished& one : finished) one.transfer->complete(std::move(one.outcome));
    finished.clear();  // with what the completions hold
    lock.lock();
  }

  // Until `done`, which is asked under the lock. When the client stops, all is finished at once. A
  // failure to allocate ends the program: somebody would wait for ever.
  // REQUIRES: the lock is held, nobody drives
  template <class Done>
  void drive(std::unique_lock<std::mutex>& lock, const Done& done) noexcept {
    driver_ = std::this_thread::get_id();
    while (true) {
      std::vector<std::unique_ptr<Transfer>> arrived;
      arrived.swap(arrived_);
      stopping_seen_ = stopping_;
      lock.unlock();
      for (auto& transfer : arrived) start(std::move(transfer));
      int running = 0;
      ::curl_multi_perform(multi_, &running);
      finish_done();
      finish_late();
      while (stopping_seen_ && !active_.empty()) finish(*active_.back(), CURLE_ABORTED_BY_CALLBACK);
      lock.lock();
      if (done()) break;
      if (!arrived_.empty() || stopping_ != stopping_seen_) continue;
      lock.unlock();
      wait();
      lock.lock();
    }
    driver_ = {};
    if (has_transfers() || stopping_) changed_.notify_one();
  }

  void start(std::unique_ptr<Transfer> transfer) {
    if (stopping_seen_) return complete(std::move(transfer), stopped());
    if (Clock::now() >= transfer->deadline())
      return complete(std::move(transfer),
                      ClientError{ClientErrorKind::timeout, false, "the deadline is over"});
    CURL* handle = spare_handle();
    if (auto refused = transfer->prepare(handle, options_)) {
      keep(handle);
      return complete(std::move(transfer), std::move(*refused));
    }
    ::curl_multi_add_handle(multi_, handle);
    transfer->index = active_.size();
    active_.push_back(std::move(transfer));
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      finish(Transfer::of(message->easy_handle), code);
    }
  }

  void finish_late() {
    const auto now = Clock::now();
    // Backwards: finish() moves the last one into the gap.
    for (std::size_t i = active_.size(); i-- > 0;) {
      if (now >= active_[i]->deadline()) finish(*active_[i], CURLE_OPERATION_TIMEDOUT);
    }
  }

  void finish(Transfer& finished, CURLcode code) {
    std::unique_ptr<Transfer> transfer = std::move(active_[finished.index]);
    if (transfer != nullptr && active_.back() != nullptr) {
      active_.back()->index = transfer->index;
      active_[transfer->index] = std::move(active_.back());
    }
    active_.pop_back();
    ClientOutcome outcome =
        stopping_seen_ ? ClientOutcome(transfer->stopped_error()) : transfer->outcome(code);
    ::curl_multi_remove_handle(multi_, transfer->handle());
    keep(transfer->handle());
    complete(std::move(transfer), std::move(outcome));
  }

  void complete(std::unique_ptr<Transfer> transfer, ClientOutcome outcome) {
    if (transfer->is_waited_for || std::this_thread::get_id() == thread_.get_id())
      return transfer->complete(std::move(outcome));
    const std::lock_guard lock(mutex_);
    finished_.push_back({std::move(transfer), std::move(outcome)});
    changed_.notify_one();
  }

  void wait() {
    auto until = Clock::now() + kLongestWait;
    for (const auto& transfer : active_) until = std::min(until, transfer->deadline());
    // Rounded up, or the last part of a millisecond would be spent spinning.
    const auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(until - Clock::now(), {}));
    ::curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  }

  CURL* spare_handle() {
    if (spare_.empty()) {
      CURL* handle = ::curl_easy_init();
      if (handle == nullptr) throw std::bad_alloc();
      return handle;
    }
    CURL* handle = spare_.back();
    spare_.pop_back();
    return handle;
  }

  void keep(CURL* handle) {
    if (spare_.size() >= kKeptHandles) return ::curl_easy_cleanup(handle);
    ::curl_easy_reset(handle);
    spare_.push_back(handle);
  }

  const ClientOptions options_;
  CURLM* multi_ = nullptr;
  // Of whoever drives:
  std::vector<std::unique_ptr<Transfer>> active_;
  std::vector<CURL*> spare_;
  bool stopping_seen_ = false;

  std::mutex mutex_;                 // guards the following
  std::condition_variable changed_;  // for the client's thread
  std::vector<std::unique_ptr<Transfer>> arrived_;
  std::vector<Finished> finished_;  // by another thread than the client's
  std::thread::id driver_;          // none: nobody drives
  bool stopping_ = false;

  std::thread thread_;
};

HttpClient::HttpClient(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

void HttpClient::send(ClientRequest request, Completion completion) {
  impl_->send(std::move(request), std::move(completion));
}
ClientOutcome HttpClient::send(ClientRequest request) { return impl_->send(std::move(request)); }
void HttpClient::stop() { impl_->stop(); }

}  // namespace net
