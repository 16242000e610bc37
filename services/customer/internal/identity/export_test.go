package identity

// SelectByKey is the one read of ResolveIdentity.
const SelectByKey = selectByKey
