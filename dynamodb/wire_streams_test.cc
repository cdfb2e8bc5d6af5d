// Streams and time to live as JSON, both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_wire.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;

template <class T>
std::string refusal(std::string_view json) {
  const auto decoded = decode<T>(json);
  if (decoded) return "";
  EXPECT_EQ(decoded.error().code, ErrorCode::validation) << decoded.error().message;
  return decoded.error().message;
}

const std::string kArn =
    "arn:aws:dynamodb:ddblocal:000000000000:table/posts/stream/2026-03-01T12:00:00.000";

TEST(StreamArn, NamesTableAndLabel) {
  EXPECT_EQ(stream_arn({"posts", "2026-03-01T12:00:00.000"}), kArn);
  EXPECT_EQ(parse_stream_arn(kArn), (StreamName{"posts", "2026-03-01T12:00:00.000"}));
  EXPECT_EQ(parse_stream_arn("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/t.1/stream/l"),
            (StreamName{"t.1", "l"}));
  for (const char* other : {"", "posts", "arn:aws:dynamodb:ddblocal:000000000000:table/posts",
                            "arn:aws:dynamodb:ddblocal:000000000000:table/posts/stream/",
                            "arn:aws:kinesis:ddblocal:000000000000:table/posts/stream/l",
                            "arn:aws:dynamodb:ddblocal:000000000000:table//stream/l"}) {
    EXPECT_FALSE(parse_stream_arn(other)) << other;
  }
}

TEST(WireStreams, ListStreams) {
  const ListStreamsRequest request{"posts", 7, kArn};
  EXPECT_EQ(encode(request),
            R"({"TableName":"posts","Limit":7,"ExclusiveStartStreamArn":")" + kArn + R"("})");
  const auto read = round_trip(request);
  EXPECT_EQ(read.table, "posts");
  EXPECT_EQ(read.limit, 7u);
  EXPECT_EQ(read.exclusive_start_stream_arn, kArn);
  EXPECT_EQ(decode<ListStreamsRequest>("{}")->limit, 100u);
  EXPECT_THAT(refusal<ListStreamsRequest>(R"({"Limit":0})"), HasSubstr("'limit' failed"));

  const ListStreamsResult result{{{kArn, "posts", "2026-03-01T12:00:00.000"}}, kArn};
  EXPECT_EQ(encode(result),
            R"({"Streams":[{"StreamArn":")" + kArn +
                R"(","TableName":"posts","StreamLabel":"2026-03-01T12:00:00.000"}],)"
                R"("LastEvaluatedStreamArn":")" +
                kArn + R"("})");
  EXPECT_EQ(round_trip(result).streams, result.streams);
  EXPECT_EQ(round_trip(result).last_evaluated_stream_arn, kArn);
  EXPECT_EQ(encode(ListStreamsResult{}), R"({"Streams":[]})");
}

TEST(WireStreams, DescribeStream) {
  const DescribeStreamRequest request{kArn, 3, "shard-1", "shard-2"};
  EXPECT_EQ(encode(request), R"({"StreamArn":")" + kArn +
                                 R"(","Limit":3,"ExclusiveStartShardId":"shard-1",)"
                                 R"("ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"shard-2"}})");
  const auto read = round_trip(request);
  EXPECT_EQ(read.exclusive_start_shard_id, "shard-1");
  EXPECT_EQ(read.children_of, "shard-2");
  EXPECT_THAT(refusal<DescribeStreamRequest>("{}"), HasSubstr("Value null at 'streamArn'"));

  const StreamDescription stream{
      .arn = kArn,
      .label = "2026-03-01T12:00:00.000",
      .status = StreamStatus::disabled,
      .view_type = StreamViewType::new_and_old_images,
      .created_at = base::parse_iso("2026-03-01T12:00:00.250Z").value(),
      .table = "posts",
      .key = {"pk", "sk"},
      .shards = {{"s1", "", "100000000000000000001", "100000000000000000009"},
                 {"s2", "s1", "100000000000000000010", ""}},
      .last_evaluated_shard_id = "s2"};
  EXPECT_EQ(encode(stream),
            R"({"StreamDescription":{"StreamArn":")" + kArn +
                R"(","StreamLabel":"2026-03-01T12:00:00.000","StreamStatus":"DISABLED",)"
                R"("StreamViewType":"NEW_AND_OLD_IMAGES","CreationRequestDateTime":1772366400.250,)"
                R"("TableName":"posts","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},)"
                R"({"AttributeName":"sk","KeyType":"RANGE"}],"Shards":[{"ShardId":"s1",)"
                R"("SequenceNumberRange":{"StartingSequenceNumber":"100000000000000000001",)"
                R"("EndingSequenceNumber":"100000000000000000009"}},{"ShardId":"s2",)"
                R"("SequenceNumberRange":{"StartingSequenceNumber":"100000000000000000010"},)"
                R"("ParentShardId":"s1"}],"LastEvaluatedShardId":"s2"}})");
  const auto back = round_trip(stream);
  EXPECT_EQ(back.arn, stream.arn);
  EXPECT_EQ(back.label, stream.label);
  EXPECT_EQ(back.status, stream.status);
  EXPECT_EQ(back.view_type, stream.view_type);
  EXPECT_EQ(back.created_at, stream.created_at);
  EXPECT_EQ(back.table, stream.table);
  EXPECT_EQ(back.key, stream.key);
  EXPECT_EQ(back.shards, stream.shards);
  EXPECT_EQ(back.last_evaluated_shard_id, stream.last_evaluated_shard_id);
}

TEST(WireStreams, GetShardIterator) {
  for (const auto type :
       {ShardIteratorType::at_sequence_number, ShardIteratorType::after_sequence_number,
        ShardIteratorType::trim_horizon, ShardIteratorType::latest}) {
    EXPECT_EQ(round_trip(GetShardIteratorRequest{kArn, "s1", type, "1"}).type, type);
  }
  EXPECT_EQ(encode(GetShardIteratorRequest{kArn, "s1", ShardIteratorType::latest, ""}),
            R"({"StreamArn":")" + kArn + R"(","ShardId":"s1","ShardIteratorType":"LATEST"})");
  EXPECT_THAT(
      refusal<GetShardIteratorRequest>(
          R"({"StreamArn":"a","ShardId":"b","ShardIteratorType":"bulle"})"),
      HasSubstr("Value 'bulle' at 'shardIteratorType' failed to satisfy constraint: Member must "
                "satisfy enum value set"));
  EXPECT_THAT(refusal<GetShardIteratorRequest>(R"({"StreamArn":"a","ShardId":"b"})"),
              HasSubstr("Value null at 'shardIteratorType'"));
  EXPECT_EQ(round_trip(GetShardIteratorResult{"opaque"}).shard_iterator, "opaque");
}

TEST(WireStreams, GetRecords) {
  EXPECT_EQ(encode(GetRecordsRequest{"opaque", 5}), R"({"ShardIterator":"opaque","Limit":5})");
  EXPECT_EQ(decode<GetRecordsRequest>(R"({"ShardIterator":"opaque"})")->limit, 1000u);

  StreamRecord record{.id = "e1",
                      .event = StreamEvent::remove,
                      .region = "ddblocal",
                      .created_at = base::parse_iso("2026-03-01T12:00:00Z").value(),
                      .keys = PackedItem(Item{{"pk", "a"}}),
                      .old_image = PackedItem(Item{{"n", 1}, {"pk", "a"}}),
                      .sequence_number = "100000000000000000002",
                      .size_bytes = 9,
                      .view_type = StreamViewType::old_image,
                      .by_time_to_live = true};
  const GetRecordsResult result{{record}, "next"};
  EXPECT_EQ(encode(result),
            R"({"Records":[{"eventID":"e1","eventName":"REMOVE","eventVersion":"1.1",)"
            R"("eventSource":"aws:dynamodb","awsRegion":"ddblocal","dynamodb":{)"
            R"("ApproximateCreationDateTime":1772366400,"Keys":{"pk":{"S":"a"}},)"
            R"("OldImage":{"n":{"N":"1"},"pk":{"S":"a"}},"SequenceNumber":"100000000000000000002",)"
            R"("SizeBytes":9,"StreamViewType":"OLD_IMAGE"},)"
            R"("userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}}],)"
            R"("NextShardIterator":"next"})");
  const auto back = round_trip(result);
  ASSERT_EQ(back.records.size(), 1u);
  const auto& read = back.records[0];
  EXPECT_EQ(read.id, record.id);
  EXPECT_EQ(read.event, record.event);
  EXPECT_EQ(read.region, record.region);
  EXPECT_EQ(read.created_at, record.created_at);
  EXPECT_EQ(read.keys, record.keys);
  EXPECT_EQ(read.new_image, std::nullopt);
  EXPECT_EQ(read.old_image, record.old_image);
  EXPECT_EQ(read.sequence_number, record.sequence_number);
  EXPECT_EQ(read.size_bytes, record.size_bytes);
  EXPECT_EQ(read.view_type, record.view_type);
  EXPECT_TRUE(read.by_time_to_live);
  EXPECT_EQ(back.next_shard_iterator, "next");

  record.by_time_to_live = false;
  EXPECT_FALSE(round_trip(GetRecordsResult{{record}, {}}).records[0].by_time_to_live);
  EXPECT_EQ(encode(GetRecordsResult{}), R"({"Records":[]})");
}

TEST(WireStreams, DescribedTable_NamesItsLatestStream) {
  TableDescription table{.definition = {.name = "posts",
                                        .key = {.partition = {"pk", Type::S}},
                                        .settings = {.stream = StreamViewType::old_image}},
                         .latest_stream_label = "2026-03-01T12:00:00.000"};
  EXPECT_THAT(encode(table), HasSubstr(R"("LatestStreamLabel":"2026-03-01T12:00:00.000",)"
                                       R"("LatestStreamArn":")" +
                                       kArn + "\""));
  EXPECT_EQ(decode<TableDescription>(encode(table))->latest_stream_label,
            "2026-03-01T12:00:00.000");
  table.latest_stream_label.clear();
  EXPECT_THAT(encode(table), ::testing::Not(HasSubstr("LatestStream")));
}

TEST(WireTimeToLive, BothWays) {
  const UpdateTimeToLiveRequest request{"posts", {"expires", true}};
  EXPECT_EQ(encode(request), R"({"TableName":"posts","TimeToLiveSpecification":{"Enabled":true,)"
                             R"("AttributeName":"expires"}})");
  EXPECT_EQ(round_trip(request).specification.attribute, "expires");
  EXPECT_TRUE(round_trip(request).specification.enabled);
  EXPECT_EQ(round_trip(TimeToLiveSpecification{"expires", false}).attribute, "expires");
  EXPECT_EQ(
      encode(TimeToLiveDescription{TimeToLiveStatus::enabled, "expires"}),
      R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}})");
  EXPECT_EQ(encode(TimeToLiveDescription{}),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_EQ(round_trip(TimeToLiveDescription{TimeToLiveStatus::enabling, "e"}).status,
            TimeToLiveStatus::enabling);
  EXPECT_THAT(refusal<UpdateTimeToLiveRequest>(R"({"TableName":"posts"})"),
              HasSubstr("Value null at 'timeToLiveSpecification'"));
  EXPECT_THAT(refusal<UpdateTimeToLiveRequest>(
                  R"({"TableName":"posts","TimeToLiveSpecification":{"Enabled":true}})"),
              HasSubstr("Value null at 'timeToLiveSpecification.attributeName'"));
  EXPECT_THAT(refusal<UpdateTimeToLiveRequest>(
                  R"({"TableName":"posts","TimeToLiveSpecification":{"AttributeName":"e"}})"),
              HasSubstr("Value null at 'timeToLiveSpecification.enabled'"));
}

}  // namespace
}  // namespace dynamodb::wire
