// Random sets of joint-act statements, from one seed.
#pragma once

#include "daemon/core/joint_act.h"
#include "tests/property/core/draw.h"

namespace chancery::core {

using Statements = std::vector<JointStatement>;

inline const Subject kJointSubject = {"sco-2009", "crypto-policy/sco-2009", false};
inline const std::vector<std::string> kJointParties = {"CN", "KZ", "RU"};

// Identity as statements have it: the id begins with the time and goes on with the digest.
void identify(Draw& draw, JointStatement& statement);

// Anything the grammar allows: few versions and Parties, so that statements meet.
Statements any_statements(Draw& draw);

// What happens when each Party signs by what it has received so far, and statements reach each one at random.
// `dishonest` Parties sign whatever they like.
Statements history(Draw& draw, const std::set<std::string>& dishonest);

Statements some_of(Draw& draw, const Statements& all);
Statements shuffled(Draw& draw, Statements all);

}  // namespace chancery::core
