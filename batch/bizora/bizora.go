// Package bizora holds what only the Bizora tax-research API has: its address,
// its custom_data, its ask modes and their prices. Package chat asks it, with
// [Provider].
package bizora

import "bizbatch/batch/chat"

// Provider is the Bizora API. It has no version in its path.
var Provider = chat.Provider{
	Name:          "bizora",
	BaseURL:       "https://api-bizora.ai",
	NoUsageOption: true,
	Members:       map[string]chat.Member{"custom_data": customData},
}
