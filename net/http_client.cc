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
    for (CURL* handle : spare_) ::curl_easy_cleanup(handle);
    ::curl_multi_cleanup(multi_);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ::curl_multi_wakeup(multi_);
    thread_.join();
  }

  void send(ClientRequest request, Completion completion) {
    auto transfer = std::make_unique<Transfer>(std::move(request), std::move(completion));
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      return transfer->complete(stopped());
    }
    arrived_.push_back(std::move(transfer));
    lock.unlock();
    if (std::this_thread::get_id() != thread_.get_id()) ::curl_multi_wakeup(multi_);
  }

 private:
  static ClientError stopped() {
    return {ClientErrorKind::stopped, false, "the HTTP client is stopping"};
  }

  void run() {
    // Signals are for the program's own threads; OpenSSL may raise SIGPIPE here.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (take_arrived()) {
      int running = 0;
      ::curl_multi_perform(multi_, &running);
      finish_done();
      finish_late();
      wait();
    }
    // Completions may send again: those are answered at once, as stopping_ is set.
    while (!active_.empty()) finish(*active_.back(), CURLE_ABORTED_BY_CALLBACK);
  }

  // False: it is time to stop.
  bool take_arrived() {
    std::vector<std::unique_ptr<Transfer>> arrived;
    bool stopping;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(arrived_);
      stopping = stopping_;
    }
    stopping_seen_ = stopping;
    for (auto& transfer : arrived) start(std::move(transfer));
    return !stopping;
  }

  void start(std::unique_ptr<Transfer> transfer) {
    if (stopping_seen_) return transfer->complete(stopped());
    if (Clock::now() >= transfer->deadline())
      return transfer->complete(
          ClientError{ClientErrorKind::timeout, false, "the deadline is over"});
    CURL* handle = spare_handle();
    if (auto refused = transfer->prepare(handle, options_)) {
      keep(handle);
      return transfer->complete(std::move(*refused));
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
    const std::unique_ptr<Transfer> transfer = std::move(active_[finished.index]);
    if (transfer != nullptr && active_.back() != nullptr) {
      active_.back()->index = transfer->index;
      active_[transfer->index] = std::move(active_.back());
    }
    active_.pop_back();
    ClientOutcome outcome =
        stopping_seen_ ? ClientOutcome(transfer->stopped_error()) : transfer->outcome(code);
    ::curl_multi_remove_handle(multi_, transfer->handle());
    keep(transfer->handle());
    transfer->complete(std::move(outcome));
  }

  void wait() {
    auto until = Clock::now() + kLongestWait;
    for (const auto& transfer : active_) until = std::min(until, transfer->deadline());
    // Rounded up, or the last part of a millisecond would be spent spinning.
    const auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(until - Clock::now(), {}));
    {
      const std::lock_guard lock(mutex_);
      if (!arrived_.empty() || stopping_) return;
    }
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
  // Of the client's thread:
  std::vector<std::unique_ptr<Transfer>> active_;
  std::vector<CURL*> spare_;
  bool stopping_seen_ = false;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> arrived_;  // guarded by mutex_
  bool stopping_ = false;                           // guarded by mutex_
  std::thread thread_;
};

HttpClient::HttpClient(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() { impl_->stop(); }

void HttpClient::send(ClientRequest request, Completion completion) {
  impl_->send(std::move(request), std::move(completion));
}

ClientOutcome HttpClient::send(ClientRequest request) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<ClientOutcome> result;
  impl_->send(std::move(request), [&](ClientOutcome outcome) {
    // Notified under the lock: these live no longer than this call.
    const std::lock_guard lock(mutex);
    result.emplace(std::move(outcome));
    changed.notify_one();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return result.has_value(); });
  return std::move(*result);
}

}  // namespace net
