// SPDX-License-Identifier: GPL-2.0-only
#include "routers/queue_watch.hpp"

#include <ns3/codel-queue-disc.h>
#include <ns3/ipv4-queue-disc-item.h>
#include <ns3/red-queue-disc.h>

#include <string_view>

namespace tandem::packet {

namespace {

using kind = sim::queue_event::kind;
using item = ns3::Ptr<const ns3::QueueDiscItem>;
using packet_ptr = ns3::Ptr<const ns3::Packet>;

// The reason of a class of FQ-CoDel stands behind that it was a class.
kind kind_of(std::string_view reason) {
  for (const std::string_view early :
       {ns3::RedQueueDisc::UNFORCED_DROP, ns3::RedQueueDisc::FORCED_DROP,
        ns3::CoDelQueueDisc::TARGET_EXCEEDED_DROP})
    if (reason.ends_with(early)) return kind::dropped_early;
  return kind::found_no_room;
}

void tell(const queue_listener& who, kind what, const item& of) {
  if (const auto ip = ns3::DynamicCast<const ns3::Ipv4QueueDiscItem>(of))
    who(ip->GetHeader().GetSource(), {what, of->GetSize()});
}

void tell(const queue_listener& who, kind what, const packet_ptr& of) {
  constexpr std::uint32_t source = 2 + 12;  // PPP, and IPv4 up to its source
  std::uint8_t header[source + 4] = {};
  if (of->CopyData(header, sizeof header) == sizeof header)
    who(ns3::Ipv4Address::Deserialize(header + source), {what, of->GetSize()});
}

/// `what`: entered or left.
template <class Item, class Queue>
void on(const Queue& queue, const char* source, const queue_listener& who, kind what) {
  queue->TraceConnectWithoutContext(
      source, ns3::Callback<void, Item>([&who, what](Item of) { tell(who, what, of); }));
}

}  // namespace

void watch(const ns3::Ptr<ns3::QueueDisc>& queue, const queue_listener& who) {
  on<item>(queue, "Enqueue", who, kind::entered);
  on<item>(queue, "Dequeue", who, kind::left);  // before it is dropped as well
  for (const char* source : {"DropBeforeEnqueue", "DropAfterDequeue"})
    queue->TraceConnectWithoutContext(
        source, ns3::Callback<void, item, const char*>(
                    [&who](item of, const char* reason) { tell(who, kind_of(reason), of); }));
}

void watch(const ns3::Ptr<ns3::Queue<ns3::Packet>>& queue, const queue_listener& who) {
  on<packet_ptr>(queue, "Enqueue", who, kind::entered);
  on<packet_ptr>(queue, "Dequeue", who, kind::left);
  on<packet_ptr>(queue, "DropBeforeEnqueue", who, kind::found_no_room);
}

}  // namespace tandem::packet
