"""A Streamlit app."""

import json

import streamlit as st

if not st.user.is_logged_in:
    st.button("Log in", on_click=st.login)
else:
    st.button("Log out", on_click=st.logout)
    st.text(json.dumps(st.user.to_dict()))
