// All of floe, in reading order.
#pragma once

#include "floe/agent/agent.hpp"
#include "floe/crypto/md5.hpp"
#include "floe/crypto/sha256.hpp"
#include "floe/fwd.hpp"
#include "floe/sdp/candidate.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/attributes/extensions.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/response_rules.hpp"
#include "floe/stun/framing.hpp"
#include "floe/stun/rto.hpp"
#include "floe/stun/binding_client.hpp"
#include "floe/stun/binding_responder.hpp"
