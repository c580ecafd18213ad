"""The policy, the exception register, and the rules that turn facts into one verdict."""
