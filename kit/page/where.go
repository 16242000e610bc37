package page

// SelectWhere ends the given "select … from …", which may have parameters of its own and their arguments, with the
// conditions.
func SelectWhere(selectFrom string, own []any, conds ...Cond) (text string, args []any) {
	if len(conds) == 0 {
		return selectFrom, own
	}
	all := join(conds, "and")
	return selectFrom + "\nwhere " + numbered(all.sql, len(own)+1), append(own[:len(own):len(own)], all.args...)
}

// Exists is the condition that the given "select … from …" with the conditions finds a row.
func Exists(selectFrom string, conds ...Cond) Cond {
	all := join(conds, "and")
	return Cond{"exists (" + selectFrom + " where " + all.sql + ")", all.args}
}
