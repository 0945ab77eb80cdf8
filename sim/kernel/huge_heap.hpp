// SPDX-License-Identifier: MIT
#pragma once

namespace tandem::sim {

/// Has the system back the heap of this process with huge pages from where it is now: a large
/// simulation looks at its memory in no order, and most of its time would go into finding pages
/// (a quarter to a third of it, measured). Where malloc is not glibc's, or the system has none to
/// give, nothing happens. What it asks of malloc (room ahead of 16 MiB, blocks of up to 32 MiB in
/// the heap) stays for the whole process, and so does what has huge pages, after this is gone.
class huge_heap {
 public:
  /// From now on.
  void begin() noexcept;
  /// To be called when the heap may have grown, at once: what is touched before stays as it is.
  void look() noexcept {
    if (begun_) advise();
  }

 private:
  void advise() noexcept;

  bool begun_ = false;
  char* end_ = nullptr;  ///< of the heap, as far as it was advised
};

}  // namespace tandem::sim
