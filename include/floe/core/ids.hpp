// Names for things that numbers would confuse.
//
// owns:     the id types shared by all rooms
// does not: hand out ids; the host chooses socket_id, tables choose handles
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>

namespace floe {

/// A socket the host bound. The host chooses the number; floe only repeats it.
enum class socket_id : std::uint32_t {};

/// A STUN or TURN server. Candidates from servers of the same number may share a foundation.
enum class server_id : std::uint8_t {};

/// A data stream of one session, in the order of creation, from 0.
enum class stream_id : std::uint16_t {};

/// A component of a data stream, 1 to 256 (RFC 8445 sec. 4); RTP is 1, RTCP is 2.
enum class component_id : std::uint16_t {};

/// The credentials of a data stream between two restarts, counted from 0.
enum class generation_number : std::uint32_t {};

/// A row of a slot_table: an index and the generation of the row, so that the handle of a row that
/// was erased finds nothing, not its successor. A generation comes round again after 2^31 rows in
/// one place: with 16 bits a peer that makes rows come and go could bring that about while one of
/// its checks is under way.
template <class Tag>
struct handle {
  std::uint16_t index = 0;
  std::uint32_t generation = 0;  ///< odd for every row that was; 0 belongs to none

  [[nodiscard]] constexpr bool operator==(const handle&) const noexcept = default;
};

}  // namespace floe
