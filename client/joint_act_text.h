// Joint acts in words: the sentence each statement signs, and the state of what was proposed. Pure.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/catalogue.h"

namespace chancery::client {

bool is_joint_act(const std::string& kind);

// What a draft signs, by its facts; `originator` is who would sign it, `answered` the version it answers, null where it
// is not known.
std::string joint_act_sentence(const v1::Draft& draft, const std::string& originator,
                               const v1::JointVersionView* answered, const Catalogue& catalogue);

// Under a heading that names what it is about.
std::string joint_act_title(const v1::Draft& draft, const Catalogue& catalogue);

// The sentence in each of these languages, under a line that names it, and the whole digest of what it answers.
std::string signed_joint_act(const v1::Draft& draft, const std::string& originator,
                             const v1::JointVersionView* answered, const std::vector<Catalogue>& languages);

// Every subject with its versions; what broke the rules; under which agreements nothing is in force.
std::string joint_acts_page(const v1::ListJointActsResponse& response, const Catalogue& catalogue);

}  // namespace chancery::client
