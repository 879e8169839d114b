package sandbox

// What the made-up answers are put together from. The documents exist; what
// the sandbox has them say is only plausible.

type document struct{ title, file, tool string }

var documents = []document{
	{"26 U.S.C. § 179, Election to expense certain depreciable business assets", "usc26/s179.pdf", "taxes_federal_code"},
	{"26 U.S.C. § 199A, Qualified business income", "usc26/s199a.pdf", "taxes_federal_code"},
	{"26 U.S.C. § 1031, Exchange of real property held for productive use", "usc26/s1031.pdf", "taxes_federal_code"},
	{"Treas. Reg. § 1.263(a)-3, Amounts paid to improve tangible property", "cfr26/1.263a-3.pdf", "taxes_federal_regulations"},
	{"Treas. Reg. § 1.469-5T, Material participation", "cfr26/1.469-5t.pdf", "taxes_federal_regulations"},
	{"IRS Publication 463, Travel, Gift, and Car Expenses", "irs/p463.pdf", "taxes_irs_publications"},
	{"IRS Publication 535, Business Expenses", "irs/p535.pdf", "taxes_irs_publications"},
	{"IRS Publication 587, Business Use of Your Home", "irs/p587.pdf", "taxes_irs_publications"},
	{"IRS Publication 946, How To Depreciate Property", "irs/p946.pdf", "taxes_irs_publications"},
	{"Rev. Proc. 2019-38, Rental real estate safe harbor", "irs/rp-19-38.pdf", "taxes_irs_guidance"},
	{"Notice 2014-21, Virtual currency guidance", "irs/n-14-21.pdf", "taxes_irs_guidance"},
	{"H.R. 1, 115th Congress, Tax Cuts and Jobs Act", "bills/115-hr1.pdf", "taxes_federal_bills"},
}

var steps = []step{
	{Title: "Planning the research", Description: "Breaking the question down into issues"},
	{Title: "Searching the Internal Revenue Code", Description: "Looking for the sections that govern"},
	{Title: "Reading Treasury regulations", Description: "Checking definitions and exceptions"},
	{Title: "Searching IRS publications", Description: "Looking for examples with similar facts"},
	{Title: "Comparing the authorities", Description: "Weighing what was found"},
	{Title: "Writing the answer", Description: "Putting the findings in order"},
}

type point struct{ heading, text string }

var points = []point{
	{"General rule", "An expense is deductible in the year in which it is paid or incurred if it is ordinary and necessary in carrying on a trade or business, and if no other provision requires that it be capitalized."},
	{"Timing", "The year of the deduction follows from the taxpayer's method of accounting; under the accrual method, the all-events test and economic performance must both be met before the amount counts."},
	{"Limits", "The amount is limited to taxable income from the active conduct of a trade or business, and what exceeds the limit is carried forward to the following year without a change in its character."},
	{"Substantiation", "Keep records made at or near the time of the expense that show its amount, time, place and business purpose; an estimate, however reasonable, does not replace them."},
	{"Exceptions", "The rule does not reach property held mainly for sale, amounts reimbursed under an accountable plan, or transactions between related persons that lack a non-tax purpose."},
	{"Election", "The election is made on the original return or, where it is allowed, on an amended return, and it applies asset by asset; once made, it can be revoked without consent only in the cases listed."},
	{"State treatment", "Several states do not conform to the federal provision or conform as of a fixed date, so that an addition or subtraction modification may have to be computed separately."},
	{"Passive activities", "Where the taxpayer does not materially participate, the loss is suspended until there is passive income to absorb it or the whole interest is disposed of in a taxable transaction."},
	{"Basis", "The basis is reduced by the amount that was deducted, so that a later sale may bring the benefit back as ordinary income; the reduction applies even if the deduction was claimed too low."},
	{"Reporting", "Report the amount on the form for the activity and attach the statement that the instructions call for; an omitted statement can be supplied late where there is reasonable cause."},
}

var followUps = []string{
	"How would the answer change for an S corporation?",
	"Which records should be kept, and for how long?",
	"Does the rule apply in the year of a short tax year?",
	"What happens when the asset is sold within five years?",
	"How does California treat the same item?",
	"Can the election be made on an amended return?",
}
