#include "dynamodb/local/shard_iterator.h"

#include <sodium.h>

#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr std::string_view kMark = "|1|";
constexpr std::size_t kNumbers = 3 * 8;
constexpr std::size_t kCheck = crypto_generichash_BYTES_MIN;
constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

std::string check_of(std::string_view arn, std::string_view numbers) {
  const std::string text = std::string(arn) + std::string(numbers);
  std::string hash(kCheck, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

}  // namespace

std::string encode(const ShardIterator& iterator) {
  const std::string arn = stream_arn(iterator.stream);
  std::string payload;
  append_u64(payload, iterator.shard);
  append_u64(payload, iterator.position);
  append_u64(payload, static_cast<std::uint64_t>(iterator.issued_at.time_since_epoch().count()));
  payload += check_of(arn, payload);
  std::string text(sodium_base64_encoded_len(payload.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(),
                    reinterpret_cast<const unsigned char*>(payload.data()), payload.size(),
                    kVariant);
  text.pop_back();  // its zero
  return arn + std::string(kMark) + text;
}

std::optional<ShardIterator> parse_shard_iterator(std::string_view text) {
  const auto mark = text.rfind(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view arn = text.substr(0, mark), coded = text.substr(mark + kMark.size());
  auto stream = parse_stream_arn(arn);
  std::string payload(kNumbers + kCheck, '\0');
  std::size_t size = 0;
  if (!stream ||
      sodium_base642bin(reinterpret_cast<unsigned char*>(payload.data()), payload.size(),
                        coded.data(), coded.size(), nullptr, &size, nullptr, kVariant) != 0 ||
      size != payload.size()) {
    return std::nullopt;
  }
  const std::string_view numbers = std::string_view(payload).substr(0, kNumbers);
  if (check_of(arn, numbers) != payload.substr(kNumbers)) return std::nullopt;
  return ShardIterator{std::move(*stream), read_big_endian(numbers.substr(0, 8)),
                       read_big_endian(numbers.substr(8, 8)),
                       base::Timestamp(std::chrono::microseconds(
                           static_cast<std::int64_t>(read_big_endian(numbers.substr(16, 8)))))};
}

}  // namespace dynamodb::local
